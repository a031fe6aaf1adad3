"""The rubric: every number by which evidence becomes stars, read from `configs/rubric.yaml`."""

import hashlib
import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from configs.yaml_text import read_mapping
from pipeline.duplicates import DuplicateRubric
from pipeline.image_quality import QualityRubric
from pipeline.reasons import Dimension
from pipeline.relevance import Calibration

SHIPPED = "shipped"
"""Version of the file that comes with a release; the digest tells that of one release from that of another."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ScriptRubric(_Section):
    """Reading aloud: a logistic curve over the share of the heard words that the script has."""

    midpoint: float
    slope: float
    min_recall: float
    """Share of the script below which the reading is incomplete."""


class Ramp(_Section):
    """A measurement that costs nothing at `good`, everything at `bad`, and in proportion between them."""

    good: float
    bad: float

    def loss(self, value: float) -> float:
        """Part of the range that is lost, 0–1."""
        return min(1.0, max(0.0, (self.good - value) / (self.good - self.bad)))


class AudioRubric(_Section):
    """How a recording's measurements become its quality; each loss is a part of the four stars above 1."""

    signal: Ramp
    """DNSMOS SIG."""
    background: Ramp
    """DNSMOS BAK."""
    snr_db: Ramp
    clipping_ratio: Ramp
    loudness_lufs: Ramp
    silent_below_lufs: float
    """A recording without speech and below this level holds nothing."""
    unscripted_relevance: float
    """Relevance of speech that no script and no meaning confirms or denies, 1–5."""


class VideoRubric(_Section):
    """What a video may lose beside the quality of its pictures."""

    black_share: Ramp
    stability: Ramp
    static_stars: float
    """Quality of a video in which nothing moves, at most."""


class StarRubric(_Section):
    """How three dimensions become one number of stars."""

    weights: dict[Dimension, float]
    """Of the weighted mean; they add up to 1."""
    headroom: dict[Dimension, float]
    """No file has more stars than any of its dimensions plus this: a sharp photo of the wrong thing is no good."""
    off_topic_below: float
    """Relevance under which the file is called off topic."""
    weak_match_below: float
    deduct_below: float
    """Grade (0–1) under which a component of quality is named as a reason."""


class Rubric(_Section):
    """All of `rubric.yaml`."""

    version: str
    relevance: dict[str, Calibration]
    """By concept backend."""
    script: ScriptRubric
    stars: StarRubric
    gates: dict[str, int] = Field(description="Most stars that a file with this reason can have")
    image_quality: QualityRubric
    audio: AudioRubric
    video: VideoRubric
    duplicates: DuplicateRubric
    face_labels: tuple[str, ...]
    unsafe_labels: dict[str, float]
    """Detector label and the confidence from which it breaks the policy."""

    @cached_property
    def digest(self) -> str:
        """SHA-256 of every number in it, whatever the version is called."""
        numbers = self.model_dump(mode="json", exclude={"version"})
        return hashlib.sha256(json.dumps(numbers, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Pydantic's, which would give the copy the digest of the original."""
        made = super().model_copy(update=update, deep=deep)
        made.__dict__.pop("digest", None)
        return made


def load_rubric(path: Path) -> Rubric:
    """Read and check a rubric file.

    Raises:
        BadConfiguration: it is no mapping in YAML.
        pydantic.ValidationError: a number is missing, unknown or out of range; the message names it.
    """
    return Rubric.model_validate(read_mapping(path))


def looks_otherwise(rubric: Rubric, other: Rubric) -> tuple[str, ...]:
    """The sections in which two rubrics take evidence differently.

    Those are applied while the models look at a file. Evidence that was taken under one of the two cannot be
    scored under the other; only the file itself can.
    """
    ours, theirs = _looking(rubric), _looking(other)
    return tuple(name for name in ours if ours[name] != theirs[name])


def _looking(rubric: Rubric) -> dict[str, Any]:
    return {
        "cohort": {encoder: curve.cohort for encoder, curve in rubric.relevance.items()},
        "asked_kind": {encoder: curve.asked_kind for encoder, curve in rubric.relevance.items()},
        "duplicates": rubric.duplicates,
        "face_labels": rubric.face_labels,
        "unsafe_labels": rubric.unsafe_labels,
    }
