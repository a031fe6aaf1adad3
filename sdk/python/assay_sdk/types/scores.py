"""What the engine thinks of a file."""

from typing import Any

from pydantic import Field

from assay_sdk.types.annotations import Annotations, Number
from assay_sdk.types.base import OpenResource, Resource


class ScoreBreakdown(OpenResource):
    """How a score came about."""

    relevance: Number | None = None
    """1.0 to 5.0: does it show what was asked for."""
    quality: Number | None = None
    """1.0 to 5.0: sharp, bright, audible."""
    completeness: Number | None = None
    """1.0 to 5.0: are the requirements met."""
    reasons: list[str] = Field(default_factory=list)
    """Stable codes, for example `image.blurry`."""
    feedback: str | None = None
    """One sentence that a worker can act on."""
    evidence: dict[str, Any] | None = None
    """What each model saw, with numbers."""


class Score(Resource):
    """What the engine says about one file; nothing of it is stored."""

    object: str = "score"
    score: int
    """1 to 5 stars."""
    ai_star_rating: int
    """Same as `score`."""
    score_breakdown: ScoreBreakdown
    annotations: Annotations | None = None
    """`None` for a file that could not be read or broke a policy."""
