from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
import openvino
import pytest
import skimage
from numpy.typing import NDArray
from openvino import opset13

from models import detector
from models.detector import Detections, DetectorModel
from models.detector_yolo import Thresholds, suppress
from models.outputs import Box, Detection, ItemError
from models.runtime.device import Placement
from models.weights import Weights

View = NDArray[np.uint8]


def _package(name: str) -> Path:
    """Where a package lies, without importing it."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


NUDENET = Weights("nudenet-320n", "3.4.2", "AGPL-3.0-only", "c15d8273", _package("nudenet"))
LABELS = [f"class {index}" for index in range(18)]
PICTURES = {
    "astronaut": Path(skimage.data_dir) / "astronaut.png",
    "chelsea": Path(skimage.data_dir) / "chelsea.png",
    "coffee": Path(skimage.data_dir) / "coffee.png",
    "bus": _package("ultralytics") / "assets/bus.jpg",
    "zidane": _package("ultralytics") / "assets/zidane.jpg",
}


@pytest.fixture(scope="module")
def placement(tmp_path_factory: pytest.TempPathFactory) -> Placement:
    return Placement("cpu", "f32", 2, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module", params=["yolo", "ultralytics"])
def model(request: pytest.FixtureRequest, placement: Placement) -> DetectorModel:
    options = {"yolo": {}, "ultralytics": {"canvas_pixels": 320}}[request.param]
    return detector.load(NUDENET, placement, backend=request.param, file="320n.onnx", **options)


@pytest.fixture(scope="module")
def pictures() -> dict[str, View]:
    """Read-only, as they come out of Ray's object store."""
    views = {name: np.asarray(cv2.imread(str(path))[..., ::-1], np.uint8) for name, path in PICTURES.items()}
    for view in views.values():
        view.flags.writeable = False
    return views


def iou(one: Box, other: Box) -> float:
    width = min(one.x_max, other.x_max) - max(one.x_min, other.x_min)
    height = min(one.y_max, other.y_max) - max(one.y_min, other.y_min)
    shared = max(0.0, width) * max(0.0, height)
    areas = [(box.x_max - box.x_min) * (box.y_max - box.y_min) for box in (one, other)]
    return shared / (sum(areas) - shared)


def assert_same(found: object, expected: object, confidence: float = 1e-3, overlap: float = 0.99) -> None:
    assert isinstance(found, tuple)
    assert isinstance(expected, tuple)
    assert [d.label for d in found] == [d.label for d in expected]
    for one, other in zip(found, expected, strict=True):
        assert one.confidence == pytest.approx(other.confidence, abs=confidence)
        assert iou(one.box, other.box) > overlap


def test_finds_the_face_of_the_astronaut(model: DetectorModel, pictures: dict[str, View]) -> None:
    (found,) = model.run([pictures["astronaut"]])
    assert isinstance(found, tuple)
    (face,) = found
    assert face.label == "FACE_FEMALE"
    assert face.confidence > 0.75
    # Where the face is, measured by hand on the 512-pixel picture: x 180–268, y 70–180.
    assert iou(face.box, Box(180 / 512, 70 / 512, 268 / 512, 180 / 512)) > 0.6


@pytest.mark.parametrize(("canvas_pixels", "labels"), [(320, []), (640, ["FACE_MALE"])])
def test_small_faces_need_a_larger_canvas(
    placement: Placement, pictures: dict[str, View], canvas_pixels: int, labels: list[str]
) -> None:
    """The published weights miss both men at the size they were exported with, and one of them at twice that."""
    model = detector.load(NUDENET, placement, backend="yolo", file="320n.onnx", canvas_pixels=canvas_pixels)
    (found,) = model.run([pictures["zidane"]])
    assert isinstance(found, tuple)
    assert [detection.label for detection in found] == labels


def test_a_batch_finds_what_its_pictures_alone_do(model: DetectorModel, pictures: dict[str, View]) -> None:
    batch = [*pictures.values(), np.zeros((1, 3000, 3), np.uint8), pictures["bus"][:, ::-1]]
    singles = [model.run([view])[0] for view in batch]
    assert sum(bool(found) for found in singles) >= 3
    for found, expected in zip(model.run(batch), singles, strict=True):
        assert_same(found, expected)


def test_threads_do_not_disturb_each_other(model: DetectorModel, pictures: dict[str, View]) -> None:
    batch = list(pictures.values())
    expected = model.run(batch)
    with ThreadPoolExecutor(4) as callers:
        for answer in callers.map(model.run, [batch] * 8):
            for found, wanted in zip(answer, expected, strict=True):
                assert_same(found, wanted)


@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((8, 8), np.uint8),
        np.zeros((8, 8, 4), np.uint8),
        np.zeros((0, 8, 3), np.uint8),
        np.zeros((8, 8, 3), np.float32),
    ],
    ids=["grey", "alpha", "empty", "float"],
)
def test_a_bad_picture_fails_alone(model: DetectorModel, pictures: dict[str, View], bad: View) -> None:
    first, second, third = model.run([pictures["astronaut"], bad, pictures["astronaut"]])
    assert isinstance(second, ItemError)
    assert str(bad.shape) in second.message
    assert_same(first, third)
    assert first


def test_nothing_in_nothing_out(model: DetectorModel) -> None:
    assert model.run([]) == []


def test_identity_names_the_weights(model: DetectorModel) -> None:
    identity = model.identity
    assert (identity.role, identity.name, identity.version) == ("detector", "nudenet-320n", "3.4.2")
    assert (identity.weights_digest, identity.precision) == ("c15d8273", "f32")


def test_cost_is_megapixels(model: DetectorModel) -> None:
    assert model.cost(np.zeros((1000, 2000, 3), np.uint8)) == 2.0


def test_yolo_agrees_with_ultralytics(placement: Placement, pictures: dict[str, View]) -> None:
    """At a low threshold, so that there are boxes enough to compare."""
    options = {"file": "320n.onnx", "canvas_pixels": 320, "min_confidence": 0.02}
    ours = detector.load(NUDENET, placement, backend="yolo", cut_padding=False, **options)
    theirs = detector.load(NUDENET, placement, backend="ultralytics", **options)
    batch = list(pictures.values())
    answers = list(zip(ours.run(batch), theirs.run(batch), strict=True))
    assert sum(len(found) for found, _ in answers if isinstance(found, tuple)) > 20
    for found, expected in answers:
        assert_same(found, expected, confidence=0.02, overlap=0.9)


@pytest.fixture(scope="module")
def fixed_export(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    """The network as ultralytics would export it to OpenVINO with a fixed size."""
    directory = tmp_path_factory.mktemp("fixed")
    network = openvino.Core().read_model(NUDENET.path("320n.onnx"))
    network.reshape([1, 3, 256, 320])
    openvino.save_model(network, directory / "fixed.xml", compress_to_fp16=False)
    (directory / "metadata.yaml").write_text(f"stride: 32\nnames: {dict(enumerate(LABELS))}\nimgsz: [256, 320]\n")
    return Weights("fixed", "1", "MIT", "0", directory)


def test_openvino_export_of_fixed_size(fixed_export: Weights, placement: Placement, pictures: dict[str, View]) -> None:
    model = detector.load(fixed_export, placement, backend="yolo", file="fixed.xml")
    wide, tall = model.run([pictures["astronaut"][:400], pictures["astronaut"][:, :300]])
    for found in (wide, tall):
        assert isinstance(found, tuple)
        assert found[0].label == LABELS[1]


def test_labels_of_the_options_replace_those_of_the_file(placement: Placement, pictures: dict[str, View]) -> None:
    model = detector.load(NUDENET, placement, backend="yolo", file="320n.onnx", labels=LABELS)
    (found,) = model.run([pictures["astronaut"]])
    assert isinstance(found, tuple)
    assert [detection.label for detection in found] == ["class 1"]


@pytest.mark.parametrize(
    ("backend", "options", "error", "message"),
    [
        ("darknet", {}, ValueError, "known: transformers, ultralytics, yolo"),
        ("yolo", {"file": "320n.onnx", "treshold": 0.5}, TypeError, "treshold"),
        ("yolo", {"file": "320n.onnx", "labels": ["cat"]}, ValueError, "1 classes"),
        ("yolo", {"file": "320n.onnx", "labels": []}, ValueError, "labels"),
        ("ultralytics", {"file": "yolo11n.pt"}, FileNotFoundError, "yolo11n.pt"),
        ("ultralytics", {"file": "nudenet.py"}, ValueError, "nudenet.py"),
    ],
)
def test_mistakes_are_named(
    placement: Placement, backend: str, options: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        detector.load(NUDENET, placement, backend=backend, **options)


@pytest.fixture(scope="module")
def quantised(tmp_path_factory: pytest.TempPathFactory) -> Weights:
    """The network with the weights of every convolution in 8 bits, as NNCF and ONNX's quantiser mark them."""
    folder = tmp_path_factory.mktemp("quantised")
    model = openvino.Core().read_model(NUDENET.path("320n.onnx"))
    for layer in model.get_ops():
        if layer.get_type_name() == "Convolution":
            kernel = layer.input(1).get_source_output()
            most = np.abs(kernel.get_node().data).max(axis=(1, 2, 3), keepdims=True).astype(np.float32)
            limits = [opset13.constant(limit) for limit in (-most, most) * 2]
            rounded = opset13.fake_quantize(kernel, *limits, levels=255)
            layer.input(1).replace_source_output(rounded.output(0))
    openvino.save_model(model, folder / "320n.xml", compress_to_fp16=False)
    return Weights("quantised", "1", "AGPL-3.0-only", "0" * 64, folder)


def test_int8_is_for_files_that_are_quantised(
    quantised: Weights, placement: Placement, pictures: dict[str, View]
) -> None:
    int8 = replace(placement, precision="int8")
    with pytest.raises(ValueError, match=r"precision int8 needs a quantised network, and 320n\.onnx is none"):
        detector.load(NUDENET, int8, backend="yolo", file="320n.onnx")
    model = detector.load(quantised, int8, backend="yolo", file="320n.xml")
    assert model.identity.precision == "int8"
    (found,) = model.run([pictures["astronaut"]])
    assert isinstance(found, tuple)
    assert [detection.label for detection in found] == ["FACE_FEMALE"]


def _raw(*boxes: tuple[float, float, float, float, float, float]) -> NDArray[np.float32]:
    """Network output for boxes given as centre x, y, width, height and the scores of two classes."""
    return np.array(boxes, np.float32).reshape(-1, 6).T


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (_raw(), []),
        (_raw((50, 50, 20, 20, 0.9, 0.1)), [(0, 0.9, [40, 40, 60, 60])]),
        (_raw((50, 50, 20, 20, 0.25, 0.1)), []),
        (_raw((50, 50, 20, 20, 0.6, 0), (51, 50, 20, 20, 0.9, 0)), [(0, 0.9, [41, 40, 61, 60])]),
        (
            _raw((50, 50, 20, 20, 0.6, 0), (51, 50, 20, 20, 0, 0.9)),
            [(1, 0.9, [41, 40, 61, 60]), (0, 0.6, [40, 40, 60, 60])],
        ),
        (
            _raw((50, 50, 20, 20, 0.6, 0), (54, 50, 20, 20, 0.9, 0)),
            [(0, 0.9, [44, 40, 64, 60]), (0, 0.6, [40, 40, 60, 60])],
        ),
    ],
    ids=["none", "one", "at the threshold", "overlap", "overlap of two classes", "overlap below the limit"],
)
def test_suppress(raw: NDArray[np.float32], kept: Sequence[tuple[int, float, list[float]]]) -> None:
    corners, confidences, classes = suppress(raw, Thresholds(min_confidence=0.25, max_overlap=0.7))
    assert corners.shape == (len(kept), 4)
    for index, (class_index, confidence, box) in enumerate(kept):
        assert classes[index] == class_index
        assert confidences[index] == pytest.approx(confidence)
        assert corners[index].tolist() == box


def test_ranked_sorts_and_clips() -> None:
    corners = np.array([[-0.1, 0.2, 0.5, 1.3], [0, 0, 1, 1]])
    found: Detections = detector.ranked(corners, np.array([0.3, 0.8]), [1, 0], {0: "cat", 1: "dog"})
    assert found == (Detection("cat", 0.8, Box(0, 0, 1, 1)), Detection("dog", 0.3, Box(0, 0.2, 0.5, 1)))
