"""What was found out about one file: the numbers a score is made of, and nothing else.

Evidence is plain data, so it is stored with a submission and can be scored again under another rubric.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from pydantic import TypeAdapter

from models.outputs import AudioQuality
from pipeline.image_signals import ImageSignals
from pipeline.media import MediaFacts
from pipeline.relevance import PageMatch
from pipeline.script import ScriptMatch
from pipeline.video_signals import VideoSignals


@dataclass(frozen=True, slots=True)
class MatchEvidence:
    """How the file compares with the description; standard scores, `None` where there was nothing to compare."""

    visual: float | None = None
    """Of the picture, or of the best half of the frames."""
    read: float | None = None
    """Of the text read in the picture."""
    heard: float | None = None
    """Of the transcript."""
    pages: tuple[PageMatch, ...] = ()
    """What that text may stand on, where the job asks for something to read."""
    nearest_wordy: float = 0.0
    """How near the job comes to asking for something that never has few words, a cosine."""
    words_read: int | None = None
    """`None` when nothing was looked for."""
    script: ScriptMatch | None = None
    """Against the words that the job quotes."""
    looks_like: tuple[str, ...] = ()
    """Labels seen, most confident first."""
    familiarity: float = 1.0
    """How near the encoder's labels come to what is asked for, a cosine."""

    @property
    def asked_script(self) -> ScriptMatch | None:
        """The match with words that were to be said, not merely quoted."""
        return self.script if self.script is not None and self.script.is_asked else None


Whereabouts = Literal["within", "outside", "unverified"]


@dataclass(frozen=True, slots=True)
class RequirementEvidence:
    """What the job's requirements ask of the models."""

    missing_text: tuple[str, ...] = ()
    """Required texts that were neither read nor heard."""
    unseen: dict[str, float] = field(default_factory=dict)
    """Required subjects that did not match, with the standard score of the best frame."""
    faces: int = 0
    language: str | None = None
    """Heard; `None` when nobody spoke."""
    language_confidence: float = 1.0
    """0–1."""
    location: Whereabouts | None = None
    """Where it was captured, against the job's place: unverified when the file does not say; `None` without a place."""
    distance_km: float | None = None
    """From the job's place; `None` when the file does not say where it was captured."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that `pipeline.score.score` looks at."""

    facts: MediaFacts | None
    """`None` when the file could not be decoded."""
    match: MatchEvidence = MatchEvidence()
    requirements: RequirementEvidence = RequirementEvidence()
    image: ImageSignals | None = None
    """Of the picture, or the medians of the frames."""
    video: VideoSignals | None = None
    audio: AudioQuality | None = None
    speech_seconds: float | None = None
    unsafe: dict[str, float] = field(default_factory=dict)
    """Labels above their limit, with their confidence."""
    duplicate_of: str | None = None
    """Name of the earlier file of the job that this one copies."""
    broken: str | None = None
    """Code of the media error that ended decoding."""
    broken_detail: str = ""
    encoder: str = "conse"
    """Concept backend whose calibration the standard scores need."""

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists, numbers and strings."""
        told: dict[str, Any] = _adapter().dump_python(self)
        return told


def evidence_of(stored: Mapping[str, Any]) -> Evidence:
    """Evidence as it was before it was stored; what else was stored with it is passed over.

    Raises:
        pydantic.ValidationError: this is no evidence, or that of another release.
    """
    return _adapter().validate_python(stored)


@cache
def _adapter() -> TypeAdapter[Evidence]:
    return TypeAdapter(Evidence)
