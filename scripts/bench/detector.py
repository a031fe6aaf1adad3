"""The detector against ultralytics' `predict` on torch, with the same weights and the same pictures."""

import json
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configs.settings import load_settings
from models.model import Model
from models.outputs import Box, Detection, ItemError
from models.weights import Registry
from serve.loading import load_model

PHOTOS = 64
BATCH = 8
REPEATS = 3
CANVAS_PIXELS = 320
MIN_CONFIDENCE = 0.05
"""Low, so that harmless photos show boxes enough to compare."""
SAME_OVERLAP, SAME_CONFIDENCE = 0.9, 0.02

View = NDArray[np.uint8]
Found = list[tuple[Detection, ...]]


def run(eval_dir: Path) -> list[dict[str, Any]]:
    """Pictures a second, medians of runs that take turns, and how many boxes are those of torch."""
    names = sorted(json.loads((eval_dir / "photos" / "labels.json").read_text(encoding="utf-8")))[:PHOTOS]
    views = [np.asarray(Image.open(eval_dir / "photos" / name).convert("RGB")) for name in names]
    settings = load_settings("embedded", models__detector__options__min_confidence=MIN_CONFIDENCE)
    twin, ours = torch_twin(), load_model("detector", settings)
    ways: dict[str, Callable[[], Found]] = {
        "ultralytics, torch f32, one by one": lambda: _predict(twin, views, 1),
        f"ultralytics, torch f32, batches of {BATCH}": lambda: _predict(twin, views, BATCH),
        "ours, one by one": lambda: _run(ours, views, 1),
        f"ours, batches of {BATCH}": lambda: _run(ours, views, BATCH),
    }
    found = {way: call() for way, call in ways.items()}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(REPEATS):
        for way, call in ways.items():
            seconds[way].append(_seconds(call))
    reference, *_ = ways
    return [
        {
            "way": way,
            "pictures_per_second": len(views) / median(seconds[way]),
            "times_torch": median(seconds[reference]) / median(seconds[way]),
            "boxes": sum(map(len, found[way])),
            "same_boxes": agreement(found[way], found[reference]),
        }
        for way in ways
    ]


def torch_twin() -> Any:
    """The embedded profile's ONNX weights in ultralytics' own torch network, as `YOLO("nudenet.pt")` would be.

    Raises:
        RuntimeError: the ONNX file lacks a weight of the network, or has one of another shape.
    """
    torch, onnx, numpy_helper = (import_module(name) for name in ("torch", "onnx", "onnx.numpy_helper"))
    ultralytics, tasks = import_module("ultralytics"), import_module("ultralytics.nn.tasks")
    settings = load_settings("embedded")
    chosen = settings.models["detector"]
    options, registry = chosen.options, Registry.load(settings.weights, settings.data_dir)
    graph = onnx.load(registry.open(chosen.weights).path(options["file"])).graph
    weights = {each.name: torch.from_numpy(numpy_helper.to_array(each).copy()) for each in graph.initializer}
    network = tasks.DetectionModel("yolov8n.yaml", nc=len(options["labels"]), verbose=False).eval().fuse(verbose=False)
    network.load_state_dict({name: weights[name] for name in network.state_dict()})
    network.names = dict(enumerate(options["labels"]))
    twin = ultralytics.YOLO("yolov8n.yaml", task="detect")
    network.args, network.task = twin.model.args, twin.model.task
    twin.model = network
    twin.overrides["imgsz"] = CANVAS_PIXELS
    return twin


def agreement(found: Sequence[Sequence[Detection]], reference: Sequence[Sequence[Detection]]) -> float:
    """Share of all boxes of both sides that the other side has too (F1); 1.0 when neither has any."""
    pairs = list(zip(found, reference, strict=True))
    same = sum(_has(theirs, one) for ours, theirs in pairs for one in ours)
    same += sum(_has(ours, one) for ours, theirs in pairs for one in theirs)
    total = sum(len(ours) + len(theirs) for ours, theirs in pairs)
    return same / total if total else 1.0


def _has(detections: Sequence[Detection], wanted: Detection) -> bool:
    return any(
        one.label == wanted.label
        and abs(one.confidence - wanted.confidence) <= SAME_CONFIDENCE
        and overlap(one.box, wanted.box) >= SAME_OVERLAP
        for one in detections
    )


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one.x_max, other.x_max) - max(one.x_min, other.x_min)
    height = min(one.y_max, other.y_max) - max(one.y_min, other.y_min)
    shared = max(0.0, width) * max(0.0, height)
    union = sum((box.x_max - box.x_min) * (box.y_max - box.y_min) for box in (one, other)) - shared
    return shared / union if union else 0.0


def _predict(twin: Any, views: Sequence[View], size: int) -> Found:
    found: Found = []
    for batch in _batches(views, size):
        pictures = [np.ascontiguousarray(view[..., ::-1]) for view in batch]
        found += map(_detections, twin.predict(pictures, verbose=False, conf=MIN_CONFIDENCE))
    return found


def _run(model: Model[Any, Any], views: Sequence[View], size: int) -> Found:
    answers = (answer for batch in _batches(views, size) for answer in model.run(batch))
    return [answer for answer in answers if not isinstance(answer, ItemError)]


def _detections(result: Any) -> tuple[Detection, ...]:
    boxes = result.boxes.numpy()
    rows = zip(boxes.cls.astype(int).tolist(), boxes.conf.tolist(), boxes.xyxyn.clip(0, 1).tolist(), strict=True)
    return tuple(Detection(result.names[index], confidence, Box(*corners)) for index, confidence, corners in rows)


def _batches(views: Sequence[View], size: int) -> list[Sequence[View]]:
    return [views[start : start + size] for start in range(0, len(views), size)]


def _seconds(call: Callable[[], Any]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
