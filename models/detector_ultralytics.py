"""Any detection weights that ultralytics runs. The library is AGPL-3.0: installing it is the operator's choice."""

import os
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from models.detector import Detections, View, ranked
from models.outputs import ModelIdentity
from models.runtime.conversion import exported
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
    tensorrt: bool = False,
    max_batch: int = 8,
) -> "Ultralytics":
    """Load `.pt`, `.onnx` or TensorRT `.engine` weights, or the directory of an OpenVINO export.

    Args:
        file: name within the weights.
        canvas_pixels: side of the square that the network sees; an export of fixed size keeps its own.
        min_confidence, max_overlap: thresholds of score and of intersection over union.
        tensorrt: build a TensorRT engine from a `.pt` file at the first start (minutes), and load that; CUDA only.
        max_batch: most pictures that the engine takes at once; larger batches are parted. It keeps memory for so many
            of four times the canvas: ultralytics builds its engines for up to twice the width and height.

    Raises:
        FileNotFoundError: no such file (ultralytics would try to download it).
        ValueError: the name says nothing that is supported, or TensorRT cannot be used here.
    """
    path = weights.directory / file
    if not file.endswith(SUFFIXES):
        raise ValueError(f"backend ultralytics loads {', '.join(SUFFIXES)}, not {file!r}")
    if not path.exists():
        raise FileNotFoundError(path)
    if tensorrt:
        path = _engine(weights, placement, file, canvas_pixels, max_batch)
    settings = {"imgsz": canvas_pixels, "conf": min_confidence, "iou": max_overlap}
    return Ultralytics(weights, placement, path, settings, max_batch if tensorrt else None)


class Ultralytics:
    """All pictures of a batch in one inference, on a square canvas: what one sees does not depend on the others."""

    def __init__(
        self, weights: Weights, placement: Placement, path: Path, settings: dict[str, Any], max_batch: int | None
    ) -> None:
        """
        Args:
            max_batch: of an engine that was built here.
        """
        self._max_batch = max_batch
        self._model = _library(placement.cache_dir).YOLO(path, task="detect")
        half = placement.device == "cuda" and placement.precision == "f16"
        device = "cuda:0" if placement.device == "cuda" else "cpu"
        self._settings = settings | {"device": device, "quantize": 16 if half else None, "rect": False}
        self.detect([np.zeros((64, 64, 3), np.uint8)])
        _use_threads(placement)
        # The inputs of an engine stay f32 whatever it computes in, which is all that ultralytics looks at.
        is_half = half if max_batch is not None else self._model.predictor.model.fp16
        precision = "f16" if is_half else "f32"
        self.identity = ModelIdentity("detector", weights.name, weights.version, weights.digest, precision)

    def detect(self, views: Sequence[View]) -> list[Detections]:
        size = self._max_batch or len(views)
        parts = (views[start : start + size] for start in range(0, len(views), size))
        return [found for part in parts for found in self._detect(part)]

    def _detect(self, views: Sequence[View]) -> list[Detections]:
        torch = import_module("torch")
        pictures = [np.ascontiguousarray(view[..., ::-1]) for view in views]
        try:
            results = self._model.predict(pictures, batch=len(pictures), verbose=False, save=False, **self._settings)
        except torch.OutOfMemoryError as error:
            raise MemoryError(str(error)) from error
        return [_detections(result) for result in results]


def _engine(weights: Weights, placement: Placement, file: str, canvas_pixels: int, max_batch: int) -> Path:
    """The TensorRT engine for this device; another one, or another TensorRT, builds its own."""
    if placement.device != "cuda" or not file.endswith(".pt"):
        raise ValueError(f"TensorRT engines are built from .pt files on CUDA, not from {file!r} on {placement.device}")
    if find_spec("tensorrt") is None:
        raise ValueError("option tensorrt needs the package tensorrt; install assay[tensorrt]")
    torch = import_module("torch")
    device = torch.cuda.get_device_name(0).replace(" ", "-")
    version = import_module("tensorrt").__version__
    part = f"{device}-{version}-{canvas_pixels}-{max_batch}-{placement.precision}.engine"

    def export(copy: Path) -> Path:
        made = (
            _library(placement.cache_dir)
            .YOLO(copy, task="detect")
            .export(
                format="engine",
                imgsz=canvas_pixels,
                batch=max_batch,
                dynamic=True,
                quantize=16 if placement.precision == "f16" else None,
                device=0,
                verbose=False,
            )
        )
        return Path(made)

    return exported(weights, placement, part, file, export)


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
