"""The rubric: every number by which evidence becomes stars, read from `configs/rubric.yaml`."""

import hashlib
import json
import math
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, field_validator, model_validator

from configs.yaml_text import read_mapping
from pipeline.duplicates import DuplicateRubric
from pipeline.image_quality import QualityRubric
from pipeline.media import CorruptMedia, DecodeTimeout, MediaTooLarge, UnsupportedFormat
from pipeline.reasons import SENTENCES, Dimension
from pipeline.relevance import Calibration

SHIPPED = "shipped"
"""Version of the file that comes with a release; the digest tells that of one release from that of another."""


OPENING_GATES = frozenset(error.code for error in (CorruptMedia, UnsupportedFormat, MediaTooLarge, DecodeTimeout))
"""Of a file that cannot be opened, which has nothing but its gate."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class ScriptRubric(_Section):
    """Reading aloud: a logistic curve over the share of the script's words in the part that is most like it."""

    midpoint: float
    slope: PositiveFloat
    min_recall: float
    """Share of the script below which the reading is incomplete."""
    least_recall: float = 0.0
    """Share below which nothing is left of completeness."""

    def lost(self, recall: float) -> float:
        """Of completeness, for so much of the script, 0–1."""
        if recall >= self.min_recall:
            return 0.0
        return min(1.0, (self.min_recall - recall) / (self.min_recall - self.least_recall))

    @model_validator(mode="after")
    def _falls(self) -> Self:
        if self.least_recall >= self.min_recall > 0:
            raise ValueError("least_recall has to be below min_recall")
        return self


class Ramp(_Section):
    """A measurement that costs nothing at `good`, everything at `bad`, and in proportion between them."""

    good: float
    bad: float

    @model_validator(mode="after")
    def _has_two_ends(self) -> Self:
        if self.good == self.bad:
            raise ValueError("good and bad are the same")
        return self

    def loss(self, value: float) -> float:
        """Part of the range that is lost, 0–1."""
        return min(1.0, max(0.0, (self.good - value) / (self.good - self.bad)))

    def value_at(self, loss: float) -> float:
        """The measurement that costs so much."""
        return self.good - loss * (self.good - self.bad)


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

    @field_validator("weights", "headroom")
    @classmethod
    def _of_every_dimension(cls, given: dict[Dimension, float]) -> dict[Dimension, float]:
        missing = sorted(set(get_args(Dimension)) - given.keys())
        if missing:
            raise ValueError(f"nothing for {', '.join(missing)}")
        return given

    @field_validator("weights")
    @classmethod
    def _of_a_mean(cls, weights: dict[Dimension, float]) -> dict[Dimension, float]:
        if min(weights.values()) < 0 or not math.isclose(sum(weights.values()), 1.0, abs_tol=1e-6):
            raise ValueError("weights are not negative and add up to 1")
        return weights


class Rubric(_Section):
    """All of `rubric.yaml`."""

    version: str
    relevance: dict[str, Calibration]
    """By concept backend."""
    script: ScriptRubric
    stars: StarRubric
    gates: dict[str, Annotated[int, Field(ge=1, le=5)]]
    """Most stars that a file with this reason can have."""
    image_quality: QualityRubric
    audio: AudioRubric
    video: VideoRubric
    duplicates: DuplicateRubric
    face_labels: tuple[str, ...]
    unsafe_labels: dict[str, float]
    """Detector label and the confidence from which it breaks the policy."""

    @field_validator("gates")
    @classmethod
    def _of_reasons(cls, gates: dict[str, int]) -> dict[str, int]:
        unknown, missing = sorted(gates.keys() - SENTENCES.keys()), sorted(OPENING_GATES - gates.keys())
        if unknown or missing:
            told = [*(f"no reason is called {one}" for one in unknown), *(f"nothing for {one}" for one in missing)]
            raise ValueError("; ".join(told))
        return gates

    @cached_property
    def digest(self) -> str:
        """SHA-256 of every number in it, whatever the version is called."""
        told = json.dumps(self.numbers(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(told.encode()).hexdigest()

    def numbers(self) -> dict[str, Any]:
        """What it scores by; as an earlier release had it, where that had all of it."""
        numbers = self.model_dump(mode="json", exclude={"version"})
        if not self.script.least_recall:
            del numbers["script"]["least_recall"]
        return numbers

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
