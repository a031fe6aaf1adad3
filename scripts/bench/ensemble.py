"""The full image ensemble on text photos, four ways in one run."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from configs.settings import load_settings
from models.outputs import PageText
from pipeline.brief import JobBrief
from pipeline.decode import decode
from pipeline.media import DecodedImage
from pipeline.result import ScoreRequest, ScoreResult
from scripts.bench.plain import PlainEnsemble
from scripts.bench.text import accuracy, easyocr_reader
from serve.client import RayEngine
from serve.loading import load_model

BRIEF = JobBrief(description="Take a clear photo of a restaurant menu. Must be legible.", content_type="image")
PHOTOS_IN_A_ROUND = 16
"""Enough that the last ones, which run with less beside them, weigh little."""

Texts = list[str]


def run(eval_dir: Path, repeat: int) -> list[dict[str, Any]]:
    """Naive ensemble, bare optimised loop, the whole ensemble in one process, and Ray Serve, over the same photos.

    The bare loop calls the models only; the whole ensemble does all that Ray Serve does (signals, duplicates, score,
    annotations), so what is between the two is work, and what is between it and Ray Serve is Serve.

    Args:
        eval_dir: holds text/ with truth.json, and measure.py, whose error rates are printed.
        repeat: rounds in which the three fast ways take turns; the naive one goes once over the photos.
    """
    truth: dict[str, list[str]] = json.loads((eval_dir / "text" / "truth.json").read_text(encoding="utf-8"))
    photos = [eval_dir / "text" / name for name in sorted(truth)]
    seconds, naive_texts = _timed(_naive(), photos)
    rates: dict[str, list[float]] = {"naive ensemble": [len(photos) / seconds]}
    texts: dict[str, Texts] = {"naive ensemble": naive_texts}
    many = list(islice(cycle(photos), max(PHOTOS_IN_A_ROUND, len(photos))))
    for name, seconds, read in asyncio.run(_take_turns(many, repeat)):
        rates.setdefault(name, []).append(len(many) / seconds)
        texts[name] = read
    naive, bare = rates["naive ensemble"], rates["bare optimised loop"]
    return [
        {"way": name, "photos_per_second": median(rate)}
        | accuracy(eval_dir, truth, photos, texts[name])
        | {
            "times_naive": median(rate) / naive[0],
            # Within each round; the naive one has a single round.
            "times_bare": median(one / other for one, other in zip(rate, bare, strict=False)),
        }
        for name, rate in rates.items()
    ]


async def _take_turns(photos: Sequence[Path], rounds: int) -> list[tuple[str, float, Texts]]:
    """Seconds and texts of each fast way in each round, after one that does not count."""
    bare, plain, engine = _bare(), PlainEnsemble(), RayEngine(load_settings("embedded"))
    requests = [ScoreRequest(photo, BRIEF) for photo in photos]

    async def loop() -> Texts:
        return [bare(photo) for photo in photos]

    async def one_process() -> Texts:
        return [_text_of(result) for request in requests for result in await plain.score([request])]

    async def served() -> Texts:
        return [_text_of(result) for result in await asyncio.gather(*map(engine.score, requests))]

    ways = {"bare optimised loop": loop, "whole ensemble in one process": one_process, "Ray Serve": served}
    await engine.start()
    try:
        for way in ways.values():
            await way()
        return [(name, *await _clocked(way)) for _ in range(rounds) for name, way in ways.items()]
    finally:
        await engine.close()


async def _clocked(way: Callable[[], Awaitable[Texts]]) -> tuple[float, Texts]:
    started = time.perf_counter()
    texts = await way()
    return time.perf_counter() - started, texts


def _text_of(result: ScoreResult) -> str:
    return (result.annotations or {}).get("ocr_text") or ""


def _timed(score: Callable[[Path], str], photos: Sequence[Path]) -> tuple[float, Texts]:
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
