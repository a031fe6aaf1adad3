from pathlib import Path

import numpy as np
import pytest
import skimage
import torch
from skimage.io import imread
from transformers import (
    PreTrainedModel,
    RTDetrForObjectDetection,
    RTDetrImageProcessor,
    YolosConfig,
    YolosForObjectDetection,
    YolosImageProcessor,
)

from models import detector
from models.detector import Detections
from models.outputs import ItemError
from models.runtime.device import Placement
from models.weights import Weights
from tests.models.random_weights import random_rt_detr

NAMES = {0: "cat", 1: "cup", 2: "person"}
PICTURES = [imread(Path(skimage.data_dir) / name) for name in ("astronaut.png", "chelsea.png", "coffee.png")]
for picture in PICTURES:
    picture.flags.writeable = False  # As they come out of Ray's object store.


def _yolos() -> PreTrainedModel:
    config = YolosConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, image_size=[64, 96],
        num_detection_tokens=20, id2label=NAMES,
    )  # fmt: skip
    model = YolosForObjectDetection(config)
    with torch.no_grad():
        for weight in model.parameters():  # They start as good as zero, and then all queries say the same.
            weight.normal_(std=0.5)
    return model


@pytest.fixture(scope="module", params=["rt_detr", "yolos"])
def weights(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Weights:
    """Random weights: what they find means nothing, but it must come through unchanged."""
    directory = tmp_path_factory.mktemp(request.param)
    if request.param == "rt_detr":
        return random_rt_detr(directory, NAMES)
    torch.manual_seed(0)
    _yolos().save_pretrained(directory)
    YolosImageProcessor(size={"shortest_edge": 64, "longest_edge": 96}).save_pretrained(directory)
    return Weights("yolos", "0", "Apache-2.0", "abc", directory)


@pytest.fixture(scope="module")
def placement(tmp_path_factory: pytest.TempPathFactory) -> Placement:
    return Placement("cpu", "f32", 2, tmp_path_factory.mktemp("cache"))


def _raw(weights: Weights, view: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores of every query and class, shape (queries, 3), and its corners; straight from the network."""
    rt_detr = weights.name == "rt_detr"
    network = (RTDetrForObjectDetection if rt_detr else YolosForObjectDetection).from_pretrained(weights.directory)
    processor = (RTDetrImageProcessor if rt_detr else YolosImageProcessor).from_pretrained(weights.directory)
    with torch.inference_mode():
        outputs = network.eval()(processor(images=view.copy(), return_tensors="pt")["pixel_values"])
    logits = outputs.logits[0]
    scores = logits.sigmoid() if rt_detr else logits.softmax(-1)[:, :-1]
    x, y, width, height = outputs.pred_boxes[0].numpy().T
    return scores.numpy(), np.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], axis=1)


def _expected(weights: Weights, view: np.ndarray, threshold: float) -> list[tuple[float, str, list[float]]]:
    """As the papers say: RT-DETR keeps the best of all queries × classes, YOLOS the best class of each query."""
    scores, corners = _raw(weights, view)
    if weights.name == "rt_detr":
        pairs = [divmod(int(flat), 3) for flat in np.argsort(-scores, axis=None)[: len(scores)]]
    else:
        pairs = list(enumerate(scores.argmax(axis=1).tolist()))
    found = [(float(scores[q, c]), NAMES[c], np.clip(corners[q], 0, 1).tolist()) for q, c in pairs]
    return sorted((one for one in found if one[0] > threshold), key=lambda one: -one[0])


def _median_score(weights: Weights) -> float:
    return float(np.median([score for score, _, _ in _expected(weights, PICTURES[0], 0.0)]))


def _plain(found: Detections | ItemError) -> list[tuple[float, str, list[float]]]:
    assert isinstance(found, tuple)
    boxes = [[d.box.x_min, d.box.y_min, d.box.x_max, d.box.y_max] for d in found]
    return [(d.confidence, d.label, box) for d, box in zip(found, boxes, strict=True)]


def _assert_close(found: Detections | ItemError, expected: list[tuple[float, str, list[float]]]) -> None:
    plain = _plain(found)
    assert [label for _, label, _ in plain] == [label for _, label, _ in expected]
    for (confidence, _, box), (wanted, _, corners) in zip(plain, expected, strict=True):
        assert confidence == pytest.approx(wanted, abs=1e-5)
        assert box == pytest.approx(corners, abs=1e-4)


def test_threshold_order_and_boxes(weights: Weights, placement: Placement) -> None:
    threshold = _median_score(weights)
    model = detector.load(weights, placement, backend="transformers", min_confidence=threshold)
    (found,) = model.run(PICTURES[:1])
    expected = _expected(weights, PICTURES[0], threshold)
    assert 5 <= len(expected) <= 15
    _assert_close(found, expected)


def test_a_batch_of_mixed_shapes_finds_what_its_pictures_alone_do(weights: Weights, placement: Placement) -> None:
    model = detector.load(weights, placement, backend="transformers", min_confidence=0.0)
    batch = [*PICTURES, np.zeros((8, 8), np.uint8), PICTURES[1][:, ::-1], PICTURES[0][:200]]
    answers = model.run(batch)
    assert isinstance(answers.pop(3), ItemError)
    batch.pop(3)
    for view, found in zip(batch, answers, strict=True):
        _assert_close(found, _expected(weights, np.ascontiguousarray(view), 0.0))


def test_identity(weights: Weights, tmp_path: Path) -> None:
    """On the CPU torch computes in f32, whatever the placement offers, and the identity says so."""
    model = detector.load(weights, Placement("cpu", "bf16", 1, tmp_path), backend="transformers")
    identity = model.identity
    assert (identity.role, identity.name, identity.weights_digest, identity.precision) == (
        "detector", weights.name, "abc", "f32",
    )  # fmt: skip


def test_a_directory_without_a_model_is_refused(placement: Placement, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="preprocessor_config"):
        detector.load(Weights("none", "0", "MIT", "0", tmp_path), placement, backend="transformers")
