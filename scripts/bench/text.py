"""Reading menus: EasyOCR and RapidOCR as their READMEs show them against our backends, in one run."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from configs.settings import load_settings
from models.outputs import PageText
from models.weights import Registry
from pipeline.decode import decode
from pipeline.media import DecodedImage
from serve.loading import load_model

ROUNDS = 2
Reader = Callable[[Path], str]
"""The text of a picture, lines in reading order."""


def run(eval_dir: Path) -> list[dict[str, Any]]:
    """Seconds a picture and error rates, by the evaluation set's own script.

    Two at once is how the embedded profile reads when several photos wait.
    """
    truth: dict[str, list[str]] = json.loads((eval_dir / "text" / "truth.json").read_text(encoding="utf-8"))
    photos = [eval_dir / "text" / name for name in sorted(truth)]
    ways: dict[str, tuple[Callable[[], Reader], int]] = {
        "EasyOCR, defaults": (_easyocr, 1),
        "RapidOCR, as shipped": (_rapidocr, 1),
        "RapidOCR, two at once": (_rapidocr, 2),
        "ours, ppocr": (lambda: _ours("ppocr", "ppocr-v6-small"), 1),
        "ours, ppocr, two at once": (lambda: _ours("ppocr", "ppocr-v6-small"), 2),
        "ours, easyocr": (lambda: _ours("easyocr", "easyocr-en"), 1),
    }
    rows: list[dict[str, Any]] = []
    for name, (way, at_once) in ways.items():
        figures, texts = _timed(way(), photos, at_once)
        rows.append({"way": name} | figures | accuracy(eval_dir, truth, photos, texts))
    for row in rows:
        row["times_easyocr"] = rows[0]["seconds_per_picture"] / row["seconds_per_picture"]
        row["times_rapidocr"] = rows[1]["seconds_per_picture"] / row["seconds_per_picture"]
    return rows


def easyocr_reader() -> Any:
    """EasyOCR with the weights of the package, which are verified first."""
    import easyocr

    settings = load_settings("embedded")
    weights = Registry.load(settings.weights, settings.data_dir).open("easyocr-en")
    return easyocr.Reader(
        ["en"], gpu=False, model_storage_directory=str(weights.directory), download_enabled=False, verbose=False
    )


def accuracy(
    eval_dir: Path, truth: dict[str, list[str]], photos: Sequence[Path], texts: Sequence[str]
) -> dict[str, float]:
    """Mean character error rate and word recall of the texts, which may be fewer than the photos."""
    sys.path.insert(0, str(eval_dir))
    from measure import character_error, word_recall

    pairs = [(truth[photo.name], text) for photo, text in zip(photos, texts, strict=False)]
    return {
        "character_error": float(np.mean([character_error(*pair) for pair in pairs])),
        "word_recall": float(np.mean([word_recall(*pair) for pair in pairs])),
    }


def _timed(read: Reader, photos: Sequence[Path], at_once: int) -> tuple[dict[str, float], list[str]]:
    """Processor time beside wall-clock time: it holds when the machine is shared.

    Several at once go over the photos that many times `ROUNDS`, so that the last one, alone, weighs little.
    """
    read(min(photos, key=lambda photo: photo.stat().st_size))
    wanted = [*photos] if at_once == 1 else [*photos] * at_once * ROUNDS
    started, processor_started = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(at_once) as threads:
        texts = list(threads.map(read, wanted))
    seconds, processor_seconds = time.perf_counter() - started, time.process_time() - processor_started
    figures = {"seconds_per_picture": seconds, "processor_seconds_per_picture": processor_seconds}
    return {name: value / len(wanted) for name, value in figures.items()}, texts[: len(photos)]


def _easyocr() -> Reader:
    from PIL import Image

    reader = easyocr_reader()
    return lambda photo: "\n".join(found[1] for found in reader.readtext(np.asarray(Image.open(photo).convert("RGB"))))


def _rapidocr() -> Reader:
    from rapidocr import RapidOCR

    engine = RapidOCR()
    return lambda photo: "\n".join(engine(str(photo)).txts or ())


def _ours(backend: str, weights: str) -> Reader:
    settings = load_settings("embedded", models__text__backend=backend, models__text__weights=weights)
    model = load_model("text", settings)

    def read(photo: Path) -> str:
        media = decode(photo, settings.decode)
        if not isinstance(media, DecodedImage):
            raise TypeError(f"{photo} is no picture")
        (page,) = model.run([media.view])
        if not isinstance(page, PageText):
            raise TypeError(f"{photo}: {page}")
        return page.text

    return read
