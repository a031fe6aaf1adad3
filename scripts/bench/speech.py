"""Speech: faster-whisper one file after the other with its defaults against ours, the same weights, in one run."""

import json
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.settings import load_settings
from models.outputs import Transcript
from models.weights import Registry
from pipeline.decode import decode
from pipeline.media import SAMPLE_RATE_HZ, DecodedAudio
from serve.loading import load_model

CLIPS = 32
Samples = NDArray[np.float32]


def run(eval_dir: Path) -> list[dict[str, Any]]:
    """Seconds of sound a second and word error rate, over 32 clips of 2–11 s made of the recordings."""
    settings = load_settings("embedded")
    truth: dict[str, str] = json.loads((eval_dir / "speech" / "truth.json").read_text(encoding="utf-8"))
    media = [(decode(eval_dir / "speech" / name, settings.decode), truth[name]) for name in sorted(truth)]
    recordings = [(item.samples, words) for item, words in media if isinstance(item, DecodedAudio)]
    clips = [recordings[index % len(recordings)] for index in range(CLIPS)]
    ways = {"faster-whisper, defaults": _faster_whisper(), "ours": _ours()}
    rows = [{"way": name} | _measured(way, clips) for name, way in ways.items()]
    for row in rows:
        row["times_faster_whisper"] = row["times_real_time"] / rows[0]["times_real_time"]
    return rows


def _measured(
    transcribe: Callable[[Sequence[Samples]], list[str]], clips: Sequence[tuple[Samples, str]]
) -> dict[str, Any]:
    import jiwer

    sound = [samples for samples, _ in clips]
    transcribe(sound[:1])
    started = time.perf_counter()
    heard = transcribe(sound)
    seconds = time.perf_counter() - started
    error = jiwer.wer([_words(words) for _, words in clips], [_words(text) or "-" for text in heard])
    return {"times_real_time": sum(map(len, sound)) / SAMPLE_RATE_HZ / seconds, "word_error": float(error)}


def _words(text: str) -> str:
    return " ".join(re.findall(r"[a-z']+", text.lower()))


def _faster_whisper() -> Callable[[Sequence[Samples]], list[str]]:
    from faster_whisper import WhisperModel

    settings = load_settings("embedded")
    weights = Registry.load(settings.weights, settings.data_dir).open(settings.models["speech"].weights)
    model = WhisperModel(str(weights.directory), device="cpu", local_files_only=True)
    return lambda clips: [" ".join(part.text for part in model.transcribe(clip)[0]) for clip in clips]


def _ours() -> Callable[[Sequence[Samples]], list[str]]:
    model = load_model("speech", load_settings("embedded"))

    def transcribe(clips: Sequence[Samples]) -> list[str]:
        return [result.text if isinstance(result, Transcript) else "" for result in model.run(clips)]

    return transcribe
