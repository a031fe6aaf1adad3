"""What goes into the engine and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from models.outputs import ModelIdentity
from pipeline.brief import JobBrief
from pipeline.duplicates import Fingerprint
from pipeline.evidence import Evidence
from pipeline.reasons import Deduction
from pipeline.rubric import Rubric
from pipeline.score import Score, score

Seen = Literal["image", "read", "heard"]
"""What an embedding is of: the picture (or the mean of the frames), the text in it, or the speech."""


@dataclass(frozen=True, slots=True)
class EarlierFile:
    """A file that the job already has."""

    name: str
    fingerprint: Fingerprint


@dataclass(frozen=True, slots=True)
class ScoreRequest:
    """One file to be scored against one job."""

    source: Path | str | bytes
    """A file, an `http(s)` URL to fetch it from, or its content."""
    brief: JobBrief
    earlier: tuple[EarlierFile, ...] = ()
    """What a copy would be a copy of."""


@dataclass(frozen=True, slots=True)
class ScoreResult:
    """Everything that is kept of a scored file."""

    score: Score
    evidence: Evidence
    annotations: dict[str, Any] | None
    """In the shapes of API.md; `None` for a file that could not be decoded or broke a policy."""
    fingerprint: Fingerprint | None
    """For the comparison with later files of the job; `None` when the file could not be decoded."""
    models: tuple[ModelIdentity, ...]
    """Those that spoke about this file."""
    embeddings: Mapping[Seen, NDArray[np.float32]] = field(default_factory=dict)
    """For the search by meaning: unit length, shape (dimensions,), in the space of the concept encoder."""

    def breakdown(self) -> dict[str, Any]:
        """`score_breakdown` of API.md."""
        score = self.score
        return {
            "relevance": round(score.relevance, 2),
            "quality": round(score.quality, 2),
            "completeness": round(score.completeness, 2),
            "reasons": list(score.reasons),
            "feedback": score.feedback,
            "evidence": self.evidence.to_json() | _weighed(score),
        }

    def to_json(self) -> dict[str, Any]:
        """`score`, `score_breakdown` and `annotations`, as the API and the manifest results show them."""
        return {"score": self.score.stars, "score_breakdown": self.breakdown(), "annotations": self.annotations}


def rescored(result: ScoreResult, brief: JobBrief, rubric: Rubric) -> ScoreResult:
    """The same file and the same evidence under another rubric; no model is asked."""
    return replace(result, score=score(result.evidence, brief, rubric))


def _weighed(score: Score) -> dict[str, Any]:
    """What a rubric made of the evidence, and which one it was."""
    named = {"version": score.rubric_version, "digest": score.rubric_digest, "stars": score.stars}
    return {"deductions": [_deduction(d) for d in score.deductions], "rubric": named}


def _deduction(deduction: Deduction) -> dict[str, Any]:
    return {
        "code": deduction.code,
        "dimension": deduction.dimension,
        "stars": round(deduction.stars, 2),
        "value": deduction.value,
        "limit": deduction.limit,
        "message": deduction.sentence,
    }
