"""The rewritten networks give what those of the package give."""

import numpy as np
import openvino
import pytest
from numpy.typing import NDArray
from openvino import opset13
from openvino.properties import hint
from PIL import Image, ImageDraw, ImageFont

from configs.settings import CONFIGS
from models.text_ppocr import DETECTOR, RECOGNISER
from models.text_ppocr_graph import best_class_only, cheap_head
from models.weights import Registry

Pixels = NDArray[np.float32]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Paths of the two networks."""
    weights = Registry.load(CONFIGS / "weights.yaml", tmp_path_factory.mktemp("weights")).open("ppocr-v6-small")
    return {name: str(weights.path(name)) for name in (DETECTOR, RECOGNISER)}


def _run(network: openvino.Model, pixels: Pixels) -> list[NDArray[np.float32]]:
    compiled = openvino.Core().compile_model(network, "CPU", {hint.inference_precision: openvino.Type.f32})
    return [np.array(output) for output in compiled(pixels).values()]


def _lettered(height: int, width: int, *words: str) -> Pixels:
    """A word on each of some pictures, as the networks take them; shape (pictures, 3, height, width)."""
    pictures = [Image.new("RGB", (width, height), "white") for _ in words]
    for picture, word in zip(pictures, words, strict=True):
        ImageDraw.Draw(picture).text((8, 4), word, fill="black", font=ImageFont.load_default(30))
    return np.stack([np.asarray(picture, np.float32).transpose(2, 0, 1) for picture in pictures]) / 127.5 - 1.0


@pytest.mark.parametrize("size", [(64, 96), (96, 64), (64, 160)])
def test_the_detector_finds_the_same(files: dict[str, str], size: tuple[int, int]) -> None:
    """Every pixel of pages of any shape."""
    pixels = _lettered(*size, "Tea", "Pie")
    (expected,) = _run(openvino.Core().read_model(files[DETECTOR]), pixels)
    (found,) = _run(cheap_head(openvino.Core().read_model(files[DETECTOR])), pixels)
    assert found.shape == (2, 1, *size)
    assert expected.std() > 0.01, "a blank page would show nothing"
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_recogniser_knows_the_same_letters(files: dict[str, str]) -> None:
    """The best class of every step and its probability."""
    pixels = _lettered(48, 128, "Coffee", "21.75", "Apple")
    (scores,) = _run(openvino.Core().read_model(files[RECOGNISER]), pixels)
    probabilities, classes = _run(best_class_only(openvino.Core().read_model(files[RECOGNISER])), pixels)
    assert len(np.unique(classes)) > 1
    np.testing.assert_array_equal(classes, scores.argmax(2))
    np.testing.assert_allclose(probabilities, scores.max(2), atol=1e-6)


@pytest.mark.parametrize("count", [1, 7, 64, 100, 127])
def test_the_best_of_any_number_of_classes(count: int) -> None:
    """A prime number is one block; of two that are the same the first counts."""
    scores = np.random.default_rng(5).uniform(-1, 1, (2, 5, count)).astype(np.float32).round(1)
    parameter = opset13.parameter([-1, -1, count], np.float32)
    best, index = _run(best_class_only(openvino.Model([parameter], [parameter], "scores")), scores)
    np.testing.assert_array_equal(index, scores.argmax(2))
    np.testing.assert_array_equal(best, scores.max(2))


def test_another_head_is_refused() -> None:
    """Rather than to be enlarged wrongly."""
    parameter = opset13.parameter([1, 3, 32, 32], np.float32)
    network = openvino.Model([opset13.sigmoid(opset13.relu(parameter))], [parameter], "other")
    with pytest.raises(ValueError, match="does not end as PP-OCR"):
        cheap_head(network)
