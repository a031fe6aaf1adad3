"""YOLOv8-layout networks (`.onnx` or OpenVINO `.xml`) on the runtime seam, without ultralytics."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openvino
import yaml
from numpy.typing import NDArray
from openvino import Layout, preprocess, properties

from models.detector import Detections, View, ranked
from models.letterbox import Letterbox
from models.outputs import ModelIdentity
from models.runtime.device import Placement
from models.runtime.network import Network
from models.runtime.openvino_network import compile_model
from models.weights import Weights

MAX_DETECTIONS = 300
"""Per picture, as in ultralytics."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """What the network sees, in pixels."""

    height: int
    width: int
    stride: int | None
    """Padding is cut to a multiple of it; `None` keeps the whole canvas."""

    def fit(self, view: View) -> Letterbox:
        return Letterbox.fit(view.shape[1], view.shape[0], (self.height, self.width), self.stride)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Which boxes are kept."""

    min_confidence: float
    max_overlap: float
    """Intersection over union above which the less confident of two boxes of one class is dropped."""


def load(
    weights: Weights,
    placement: Placement,
    *,
    file: str,
    labels: Sequence[str] | None = None,
    canvas_pixels: int | None = None,
    cut_padding: bool = True,
    min_confidence: float = 0.25,
    max_overlap: float = 0.7,
    streams: int | None = None,
) -> "Yolo":
    """Compile the network.

    Args:
        file: name within the weights.
        labels: class names by index; by default those that ultralytics wrote into the file (or `metadata.yaml`).
        canvas_pixels: long side of the picture that the network sees; by default what it was exported with.
        cut_padding: run a picture that is not square on as little padding as the network's stride allows, which is
            how ultralytics runs `.pt` weights. A 4:3 picture costs a fifth less, a 16:9 one two fifths.
        min_confidence, max_overlap: thresholds of score and of intersection over union (0.25 and 0.7 are
            ultralytics' defaults).
        streams: pictures that run side by side, by default one per thread. That is at least as fast as a batch of
            8 (AVX2: 52 against 52 a second; AMX: 417 against 392) and leaves every picture its own shape. 1 gives
            all threads to one picture: lower latency, less throughput.

    Raises:
        KeyError: the weights have no such file.
        ValueError: `int8` of a file that is not quantised, no class names, or a network of another layout.
    """
    path = weights.path(file)
    model = openvino.Core().read_model(path)
    if placement.precision == "int8" and not is_quantised(model):
        raise ValueError(f"precision int8 needs a quantised network, and {file} is none; take auto")
    export = _export_metadata(model, path)
    names = dict(enumerate(labels)) if labels is not None else export.get("names", {})
    _check_layout(model, len(names))
    stride = int(export.get("stride", 32)) if cut_padding and _takes_any_size(model) else None
    canvas = _canvas(model, canvas_pixels or export.get("imgsz", 640))
    streams = streams or placement.threads
    return Yolo(
        ModelIdentity("detector", weights.name, weights.version, weights.digest, placement.precision),
        compile_model(_fed_with_pictures(model), placement, **{properties.streams.num: streams}),
        names,
        Canvas(*canvas, stride),
        Thresholds(min_confidence, max_overlap),
        streams,
    )


class Yolo:
    """One picture per inference, several inferences at once."""

    def __init__(
        self,
        identity: ModelIdentity,
        network: Network,
        names: Mapping[int, str],
        canvas: Canvas,
        thresholds: Thresholds,
        streams: int,
    ) -> None:
        self.identity = identity
        self._network = network
        self._names = names
        self._canvas = canvas
        self._thresholds = thresholds
        self._streams = ThreadPoolExecutor(streams, thread_name_prefix="yolo")

    def detect(self, views: Sequence[View]) -> list[Detections]:
        return list(self._streams.map(self._detect_one, views))

    def _detect_one(self, view: View) -> Detections:
        place = self._canvas.fit(view)
        (raw,) = self._network(place.draw(view)[None])
        corners, confidences, classes = suppress(raw[0], self._thresholds)
        return ranked(place.to_fractions(corners), confidences, classes, self._names)


def suppress(
    raw: NDArray[np.float32], thresholds: Thresholds
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int32]]:
    """The best boxes of one picture, after non-maximum suppression within each class.

    Args:
        raw: shape (4 + classes, boxes): centre x, centre y, width, height in pixels, then a score for each class.

    Returns:
        corners (x_min, y_min, x_max, y_max) in pixels, shape (n, 4); confidences and classes, shape (n,).
    """
    best = raw[4:].max(axis=0)
    likely = np.flatnonzero(best > thresholds.min_confidence)
    confidences, classes = best[likely], raw[4:, likely].argmax(axis=0).astype(np.int32)
    centres, halves = raw[:2, likely].T, raw[2:4, likely].T / 2
    corners = np.hstack([centres - halves, centres + halves], dtype=np.float32)
    rectangles = np.hstack([centres - halves, halves * 2])
    limits = (thresholds.min_confidence, thresholds.max_overlap)
    kept = cv2.dnn.NMSBoxesBatched(
        rectangles.tolist(), confidences.tolist(), classes.tolist(), *limits, top_k=MAX_DETECTIONS
    )
    order = np.asarray(kept, np.intp)
    return corners[order], confidences[order], classes[order]


def is_quantised(model: openvino.Model) -> bool:
    """Whether the file itself says which layers compute in 8 bits: nothing makes them do so afterwards."""
    return any(layer.get_type_name() == "FakeQuantize" for layer in model.get_ops())


def _fed_with_pictures(model: openvino.Model) -> openvino.Model:
    """The network with a uint8 RGB input, shape (1, height, width, 3): scaling pixels is cheaper inside."""
    steps = preprocess.PrePostProcessor(model)
    steps.input().tensor().set_element_type(openvino.Type.u8).set_layout(Layout("NHWC"))
    steps.input().model().set_layout(Layout("NCHW"))
    steps.input().preprocess().convert_element_type(openvino.Type.f32).scale(255.0)
    fed = steps.build()
    shape = fed.input(0).partial_shape
    shape[0] = 1
    fed.reshape(shape)
    return fed


def _export_metadata(model: openvino.Model, path: Path) -> Mapping[str, Any]:
    """`names`, `imgsz` and `stride` as ultralytics exports them: inside an ONNX file, beside an OpenVINO one."""
    beside = path.with_name("metadata.yaml")
    if beside.exists():
        return dict(yaml.safe_load(beside.read_text(encoding="utf-8")))
    known = [key for key in ("names", "imgsz", "stride") if model.has_rt_info(["framework", key])]
    return {key: yaml.safe_load(model.get_rt_info(["framework", key]).value) for key in known}


def _takes_any_size(model: openvino.Model) -> bool:
    shape = model.input(0).partial_shape
    return bool(shape[2].is_dynamic and shape[3].is_dynamic)


def _canvas(model: openvino.Model, wanted: int | Sequence[int]) -> tuple[int, int]:
    """Height and width: what the network is fixed to, else what is wanted."""
    if not _takes_any_size(model):
        shape = model.input(0).partial_shape
        return shape[2].get_length(), shape[3].get_length()
    height, width = (wanted, wanted) if isinstance(wanted, int) else wanted
    return height, width


def _check_layout(model: openvino.Model, class_count: int) -> None:
    if class_count == 0:
        raise ValueError("the weights do not name their classes; set the option `labels`")
    shape = model.output(0).partial_shape
    if len(shape) != 3 or shape[1].is_dynamic or shape[1].get_length() != 4 + class_count:
        raise ValueError(f"YOLOv8 layout with {class_count} classes is (1, {4 + class_count}, boxes), got {shape}")
