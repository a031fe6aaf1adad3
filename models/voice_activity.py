"""Where somebody speaks: Silero VAD, as it comes inside faster-whisper."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from faster_whisper.vad import VadOptions, get_speech_timestamps
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 16_000
"""Rate of every recording that reaches a model."""
Samples = NDArray[np.float32]
"""One recording: one channel, shape (samples,), full scale is ±1."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a recording, counted in samples."""

    start_sample: int
    end_sample: int
    """The first sample after the stretch."""

    def __post_init__(self) -> None:
        if not 0 <= self.start_sample < self.end_sample:
            raise ValueError(f"a span has 0 <= start < end, got {self.start_sample}, {self.end_sample}")

    @property
    def seconds(self) -> float:
        return (self.end_sample - self.start_sample) / SAMPLE_RATE_HZ


def problem_with(samples: Samples) -> str | None:
    """Why an array is no recording, or `None`."""
    if samples.ndim != 1 or samples.dtype != np.float32:
        return f"samples are float32 of shape (n,), got {samples.dtype} {samples.shape}"
    if not len(samples):
        return "the recording has no samples"
    if not np.isfinite(samples).all():
        return "the recording holds samples that are not finite"
    return None


def speech_spans(
    samples: Samples, *, min_pause_seconds: float, padding_seconds: float, max_seconds: float = float("inf")
) -> list[Span]:
    """Stretches of speech in order, none overlapping.

    Args:
        min_pause_seconds: a shorter silence does not end a stretch.
        padding_seconds: kept on both sides of a stretch, as far as the neighbour leaves room.
        max_seconds: longer speech is cut at its last pause of at least 98 ms, or anywhere.
    """
    options = VadOptions(
        min_speech_duration_ms=100,  # a click; the shortest words last longer
        max_speech_duration_s=max_seconds,
        min_silence_duration_ms=round(min_pause_seconds * 1000),
        speech_pad_ms=round(padding_seconds * 1000),
    )
    found = get_speech_timestamps(samples, options, SAMPLE_RATE_HZ)
    return [Span(stretch["start"], stretch["end"]) for stretch in found if stretch["end"] > stretch["start"]]


def merged(spans: Iterable[Span], *, max_gap_seconds: float, max_seconds: float) -> list[Span]:
    """Join neighbours across short gaps while the whole, gaps included, is not too long."""
    joined: list[Span] = []
    for span in spans:
        wider = replace(joined[-1], end_sample=span.end_sample) if joined else span
        near = bool(joined) and span.start_sample - joined[-1].end_sample <= max_gap_seconds * SAMPLE_RATE_HZ
        if near and wider.seconds <= max_seconds:
            joined[-1] = wider
        else:
            joined.append(span)
    return joined
