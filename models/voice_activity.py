"""Where somebody speaks: Silero VAD, as `faster-whisper` carries it."""

import numpy as np
from faster_whisper.vad import VadOptions, get_speech_timestamps
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
MAX_SPAN_SECONDS = 28.0
"""Whisper's window is 30 s; the rest is the padding on both sides."""
MIN_SAMPLES = 512
"""One window of the detector."""

_OPTIONS = VadOptions(max_speech_duration_s=MAX_SPAN_SECONDS, min_silence_duration_ms=500, speech_pad_ms=200)

Span = tuple[int, int]
"""First sample and the one after the last."""


def speech_spans(samples: NDArray[np.float32]) -> list[Span]:
    """Stretches of speech of one recording, 16 kHz, in order and at most 28 s long each."""
    if len(samples) < MIN_SAMPLES:
        return []
    return [(int(span["start"]), int(span["end"])) for span in get_speech_timestamps(samples, _OPTIONS)]


def seconds(spans: list[Span]) -> float:
    """Length of all spans together."""
    return sum(end - start for start, end in spans) / SAMPLE_RATE_HZ
