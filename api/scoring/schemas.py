"""A score on the wire."""

from typing import Any, Literal

from api.wire import Wire


class ScoreResource(Wire):
    """What the engine says about one file; nothing of it is stored."""

    object: Literal["score"] = "score"
    score: int
    ai_star_rating: int
    """Same as `score`."""
    score_breakdown: dict[str, Any]
    annotations: dict[str, Any] | None
    """`null` for a file that could not be read or broke a policy."""
