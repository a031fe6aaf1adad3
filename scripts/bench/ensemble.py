"""The full image ensemble on text photos, three ways in one run."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from configs.settings import load_settings
from models.outputs import PageText
from pipeline.brief import JobBrief
from pipeline.decode import decode
from pipeline.media import DecodedImage
from pipeline.result import ScoreRequest
from scripts.bench.text import accuracy, easyocr_reader
from serve.client import RayEngine
from serve.loading import load_model

BRIEF = JobBrief(description="Take a clear photo of a restaurant menu. Must be legible.", content_type="image")


def run(eval_dir: Path, repeat: int) -> list[dict[str, Any]]:
    """Naive ensemble, bare optimised loop, and Ray Serve, over the same photos.

    Args:
        eval_dir: holds text/ with truth.json, and measure.py, whose error rates are printed.
        repeat: times that the two fast ways go over the photos; the naive one goes once.
    """
    truth: dict[str, list[str]] = json.loads((eval_dir / "text" / "truth.json").read_text(encoding="utf-8"))
    photos = [eval_dir / "text" / name for name in sorted(truth)]
    ways: dict[str, Callable[[], tuple[float, list[str]]]] = {
        "naive ensemble": lambda: _timed(_naive(), photos),
        "bare optimised loop": lambda: _timed(_bare(), photos * repeat),
        "Ray Serve": lambda: asyncio.run(_served(photos * repeat)),
    }
    rows: list[dict[str, Any]] = []
    for name, way in ways.items():
        seconds, texts = way()
        rows.append({"way": name, "photos_per_second": len(texts) / seconds} | accuracy(eval_dir, truth, photos, texts))
    for row in rows:
        row["times_naive"] = row["photos_per_second"] / rows[0]["photos_per_second"]
        row["times_bare"] = row["photos_per_second"] / rows[1]["photos_per_second"]
    return rows


def _timed(score: Callable[[Path], str], photos: Sequence[Path]) -> tuple[float, list[str]]:
    score(photos[0])
    started = time.perf_counter()
    texts = [score(photo) for photo in photos]
    return time.perf_counter() - started, texts


def _naive() -> Callable[[Path], str]:
    """The libraries as their READMEs show them: Pillow, easyocr, ultralytics, torch in f32."""
    import torch
    from PIL import Image
    from torchvision import transforms

    from scripts.bench.detector import torch_twin

    reader, detector, classifier = easyocr_reader(), torch_twin(), torch_classifier()
    prepare = transforms.Compose([transforms.Resize(292), transforms.CenterCrop(260), transforms.ToTensor()])

    def score(photo: Path) -> str:
        picture = Image.open(photo).convert("RGB")
        with torch.no_grad():
            classifier(prepare(picture)[None] * 2 - 1)
        detector.predict(picture, verbose=False)
        return "\n".join(found[1] for found in reader.readtext(np.asarray(picture)))

    return score


def torch_classifier() -> Any:
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    from models.weights import Registry

    settings = load_settings("embedded")
    weights = Registry.load(settings.weights, settings.data_dir).open(settings.models["concepts"].weights)
    network = EfficientNet.from_name("efficientnet-lite2")
    network.load_state_dict(torch.load(weights.path("efficientnet-lite2-9656183e.pth"), weights_only=True))
    return network.eval()


def _bare() -> Callable[[Path], str]:
    """The same runtimes called one after the other in a plain script."""
    settings = load_settings("embedded")
    concepts, detector, text = (load_model(role, settings) for role in ("concepts", "detector", "text"))

    def score(photo: Path) -> str:
        media = decode(photo, settings.decode)
        if not isinstance(media, DecodedImage):
            raise TypeError(f"{photo} is no picture")
        concepts.run([media.view, BRIEF.description])
        detector.run([media.view])
        (page,) = text.run([media.view])
        if not isinstance(page, PageText):
            raise TypeError(f"{photo}: {page}")
        return page.text

    return score


async def _served(photos: Sequence[Path]) -> tuple[float, list[str]]:
    engine = RayEngine(load_settings("embedded"))
    await engine.start()
    try:
        await engine.score(ScoreRequest(photos[0], BRIEF))
        started = time.perf_counter()
        results = await asyncio.gather(*(engine.score(ScoreRequest(photo, BRIEF)) for photo in photos))
        seconds = time.perf_counter() - started
    finally:
        await engine.close()
    return seconds, [(result.annotations or {}).get("ocr_text") or "" for result in results]
