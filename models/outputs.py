"""What the models say: immutable values, checked where they are born.

Boxes are fractions of the picture, so they hold for every size at which a model saw it. Times are
seconds from the start of the file. Confidences and probabilities lie in [0, 1].
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


def _require(holds: bool, what: str, arrived: object) -> None:
    if not holds:
        raise ValueError(f"{what}, got {arrived!r}")


@dataclass(frozen=True, slots=True)
class Box:
    """An axis-aligned rectangle in fractions of the picture: 0, 0 is its top left corner."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    def __post_init__(self) -> None:
        _require(
            0 <= self.x_min <= self.x_max <= 1 and 0 <= self.y_min <= self.y_max <= 1,
            "a box has 0 <= min <= max <= 1",
            (self.x_min, self.y_min, self.x_max, self.y_max),
        )


@dataclass(frozen=True, slots=True)
class Detection:
    """One object found by a detector."""

    label: str
    """The class name as the weights spell it."""
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class Label:
    """One class that the concept encoder believes to see."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Cohort:
    """How strongly an embedding resembles an arbitrary label: what a chance match looks like."""

    mean: float
    """Mean cosine with all labels of the encoder."""
    deviation: float
    """Standard deviation of those cosines."""


@dataclass(frozen=True, slots=True)
class PageKind:
    """What a text that was read may stand on."""

    name: str
    probability: float
    names: NDArray[np.float32]
    """By which it is asked for, embedded; unit length, shape (names, dimensions)."""


@dataclass(frozen=True, slots=True)
class Concepts:
    """A picture or a sentence in the profile's embedding space."""

    embedding: NDArray[np.float32]
    """Unit length, shape (dimensions,)."""
    cohort: Cohort
    labels: tuple[Label, ...] = ()
    """Most confident first; empty for a sentence."""
    broader: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """Of a picture of a beagle also as one of a hound, a dog, an animal; unit length, shape (terms, dimensions)."""
    nearest: float = 1.0
    """Of a sentence: its largest cosine with any label or broader term."""
    kinds: tuple[PageKind, ...] = ()
    """Of a text that was read, likeliest first; empty for an encoder that tells none."""
    nearest_kind: float = 0.0
    """Of a sentence: its largest cosine with the name of any such kind."""
    nearest_wordy: float = 0.0
    """Of a sentence: that with the name of a kind that never has few words."""

    def __post_init__(self) -> None:
        _require(self.embedding.ndim == 1, "an embedding is one vector", self.embedding.shape)
        norm = float(np.linalg.norm(self.embedding))
        _require(abs(norm - 1.0) < 1e-2, "an embedding has length 1", norm)


@dataclass(frozen=True, slots=True)
class Word:
    """One word read in a picture."""

    text: str
    confidence: float
    box: Box


@dataclass(frozen=True, slots=True)
class TextLine:
    """One line of text, its words from left to right."""

    words: tuple[Word, ...]
    box: Box

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class PageText:
    """All text read in one picture, lines in reading order."""

    lines: tuple[TextLine, ...]

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def words(self) -> tuple[Word, ...]:
        return tuple(word for line in self.lines for word in line.words)


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """One word heard."""

    text: str
    start_seconds: float
    end_seconds: float
    confidence: float

    def __post_init__(self) -> None:
        _require(self.start_seconds <= self.end_seconds, "a word ends after it starts", self)


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of speech that the recogniser decoded as one."""

    start_seconds: float
    end_seconds: float
    text: str
    words: tuple[SpokenWord, ...]
    no_speech_probability: float
    average_log_probability: float
    """Mean natural-log probability of the decoded tokens (0 is certain)."""
    compression_ratio: float
    """Bytes of the text over its zlib-compressed bytes; above 2.4 it repeats itself."""

    def __post_init__(self) -> None:
        _require(self.start_seconds <= self.end_seconds, "a segment ends after it starts", self)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said in one recording; no segments when nobody spoke."""

    segments: tuple[Segment, ...]
    language: str | None
    """ISO 639-1, `None` when nobody spoke."""
    language_confidence: float
    speech_seconds: float
    """Length of what the voice activity detector let through."""

    @property
    def text(self) -> str:
        return " ".join(segment.text.strip() for segment in self.segments)


@dataclass(frozen=True, slots=True)
class AudioQuality:
    """How a recording sounds."""

    signal: float
    """DNSMOS SIG, the quality of the speech itself, 1–5."""
    background: float
    """DNSMOS BAK, 1 (intrusive) – 5 (unnoticeable)."""
    overall: float
    """DNSMOS OVRL, 1–5."""
    loudness_lufs: float
    """Integrated loudness (ITU-R BS.1770-4); -70 is the meter's floor."""
    snr_db: float
    """Level of speech over level of the pauses, in decibels."""
    speech_ratio: float
    """Share of the duration in which somebody speaks."""
    clipping_ratio: float
    """Share of samples at full scale in a run of three or more."""


@dataclass(frozen=True, slots=True)
class ItemError:
    """One item of a batch that a model could not process; the others are unaffected."""

    message: str
    """What went wrong, for the log and the operator."""


@dataclass(frozen=True, slots=True)
class ModelIdentity:
    """Which model spoke, as `annotations.models` lists it."""

    role: str
    """`speech`, `detector`, `safety`, `text`, `concepts` or `audio_quality`."""
    name: str
    version: str
    weights_digest: str
    """SHA-256 of the weights file; of the concatenated digests when there are several."""
    precision: str
    """Numbers the network ran in, for example `f32`, `bf16`, `int8`."""
