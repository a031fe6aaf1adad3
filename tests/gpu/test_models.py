"""The families on CUDA, with weights that pip packages bring: what they find is what they find on the CPU."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import skimage
from numpy.typing import NDArray

from configs.settings import load_settings
from models import concepts, detector, speech, text
from models.runtime.device import Placement
from models.weights import Registry, Weights
from tests.models.espeak import INSTALLED, say
from tests.models.random_weights import random_clip, random_rt_detr


def registered(name: str) -> Weights:
    settings = load_settings("embedded")
    return Registry.load(settings.weights, settings.data_dir).open(name)


def page() -> NDArray[np.uint8]:
    picture = cv2.imread(str(Path(skimage.data_dir) / "page.png"))
    return np.asarray(cv2.resize(picture, None, fx=2, fy=2)[..., ::-1], np.uint8)


def test_text_is_read_as_on_the_cpu(on_gpu: Placement, on_cpu: Placement) -> None:
    weights = registered("easyocr-en")
    (found,), (expected,) = (
        text.load(weights, placement, backend="easyocr").run([page()]) for placement in (on_gpu, on_cpu)
    )
    assert found.text.split() == expected.text.split()  # type: ignore[union-attr]


@pytest.mark.skipif(not INSTALLED, reason="needs espeak-ng")
def test_speech_is_heard_on_cuda(on_gpu: Placement) -> None:
    model = speech.load(registered("whisper-base"), on_gpu, backend="whisper")
    sentence = "the pencils have all been used"
    (heard,) = model.run([say(sentence)])
    assert set(sentence.split()) <= set(heard.text.lower().replace(".", "").split())  # type: ignore[union-attr]
    assert model.identity.precision == "f16"


def test_pictures_and_sentences_have_the_embeddings_of_the_cpu(
    on_gpu: Placement, on_cpu: Placement, tmp_path: Path
) -> None:
    weights = random_clip(tmp_path)
    on_both = (
        concepts.load(weights, placement, backend="open_clip", labels=("page", "cat")).run([page(), "rain"])
        for placement in (on_gpu, on_cpu)
    )
    for found, expected in zip(*on_both, strict=True):
        assert found.embedding @ expected.embedding > 0.999  # type: ignore[union-attr]


def test_a_detr_finds_what_it_finds_on_the_cpu(on_gpu: Placement, on_cpu: Placement, tmp_path: Path) -> None:
    weights = random_rt_detr(tmp_path, {0: "cat", 1: "cup"})
    options: dict[str, Any] = {"backend": "transformers", "min_confidence": 0.0}
    on_both = (detector.load(weights, placement, **options).run([page()]) for placement in (on_gpu, on_cpu))
    found, expected = (sorted(box.confidence for box in boxes) for (boxes,) in on_both)  # type: ignore[union-attr]
    assert np.allclose(found, expected, atol=0.01)


@pytest.mark.skipif(find_spec("tensorrt") is None, reason="needs the package tensorrt: pip install assay[tensorrt]")
def test_a_tensorrt_engine_is_built_once_and_finds_the_same(on_gpu: Placement, tmp_path: Path) -> None:
    """Random weights: which boxes they find means nothing, but both must find the same."""
    from ultralytics import YOLO

    YOLO("yolo11n.yaml").save(tmp_path / "yolo11n.pt")
    weights = Weights("yolo11n", "test", "AGPL-3.0-only", "0123456789abcdef", tmp_path)
    options: dict[str, Any] = {"backend": "ultralytics", "file": "yolo11n.pt", "min_confidence": 0.0001}
    plain, engine = (detector.load(weights, on_gpu, **options, tensorrt=tensorrt) for tensorrt in (False, True))
    (kept,) = (on_gpu.cache_dir / "converted").glob("yolo11n-*.engine")
    made_at = kept.stat().st_mtime_ns
    detector.load(weights, on_gpu, **options, tensorrt=True)
    assert kept.stat().st_mtime_ns == made_at
    assert (plain.identity.precision, engine.identity.precision) == ("f16", "f16")
    views = [page(), page()[:300]] * 5  # more than the engine takes at once
    for one, other in zip(plain.run(views), engine.run(views), strict=True):
        assert len(one) == pytest.approx(len(other), rel=0.1)  # type: ignore[arg-type]
