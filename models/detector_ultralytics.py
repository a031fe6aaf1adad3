"""Any detection weights that ultralytics runs. The library is AGPL-3.0: installing it is the operator's choice."""

import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from models.detector import Detections, View, ranked
from models.outputs import ModelIdentity
from models.runtime.device import Placement
from models.weights import Weights

SUFFIXES = (".pt", ".onnx", ".engine", "_openvino_model")
"""A pickled `.pt` may run code when it loads; `Weights` exist only after their digest was verified."""


def load(
    weights: Weights,
    placement: Placement,
    *,
    file: str,
    canvas_pixels: int = 640,
    min_confidence: float = 0.25,
    max_overlap: float = 0.7,
) -> "Ultralytics":
    """Load `.pt`, `.onnx` or TensorRT `.engine` weights, or the directory of an OpenVINO export.

    Args:
        file: name within the weights.
        canvas_pixels: side of the square that the network sees; an export of fixed size keeps its own.
        min_confidence, max_overlap: thresholds of score and of intersection over union.

    Raises:
        FileNotFoundError: no such file (ultralytics would try to download it).
        ValueError: the name says nothing that is supported.
    """
    path = weights.directory / file
    if not file.endswith(SUFFIXES):
        raise ValueError(f"backend ultralytics loads {', '.join(SUFFIXES)}, not {file!r}")
    if not path.exists():
        raise FileNotFoundError(path)
    settings = {"imgsz": canvas_pixels, "conf": min_confidence, "iou": max_overlap}
    return Ultralytics(weights, placement, path, settings)


class Ultralytics:
    """All pictures of a batch in one inference, on a square canvas: what one sees does not depend on the others."""

    def __init__(self, weights: Weights, placement: Placement, path: Path, settings: dict[str, Any]) -> None:
        self._model = _library(placement.cache_dir).YOLO(path, task="detect")
        half = placement.device == "cuda" and placement.precision == "f16"
        device = "cuda:0" if placement.device == "cuda" else "cpu"
        self._settings = settings | {"device": device, "quantize": 16 if half else None, "rect": False}
        self.detect([np.zeros((64, 64, 3), np.uint8)])
        _use_threads(placement)
        precision = "f16" if self._model.predictor.model.fp16 else "f32"
        self.identity = ModelIdentity("detector", weights.name, weights.version, weights.digest, precision)

    def detect(self, views: Sequence[View]) -> list[Detections]:
        torch = import_module("torch")
        pictures = [np.ascontiguousarray(view[..., ::-1]) for view in views]
        try:
            results = self._model.predict(pictures, batch=len(pictures), verbose=False, save=False, **self._settings)
        except torch.OutOfMemoryError as error:
            raise MemoryError(str(error)) from error
        return [_detections(result) for result in results]


def _detections(result: Any) -> Detections:
    boxes = result.boxes.cpu().numpy()
    return ranked(boxes.xyxyn, boxes.conf, boxes.cls.astype(int), result.names)


def _library(cache_dir: Path) -> Any:
    """Ultralytics with its analytics off (`configs.no_egress` keeps it offline) and its settings among our caches."""
    config = cache_dir / "ultralytics"
    config.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("YOLO_CONFIG_DIR", str(config))
    ultralytics = import_module("ultralytics")
    ultralytics.settings.update({"sync": False})
    return ultralytics


def _use_threads(placement: Placement) -> None:
    """Ultralytics sets torch to one thread less than there are cores whenever it opens a CPU model."""
    if placement.device == "cpu":
        import_module("torch").set_num_threads(placement.threads)
