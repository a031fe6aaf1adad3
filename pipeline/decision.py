"""What becomes of a submission once it has its stars."""

from dataclasses import dataclass
from typing import Literal

Status = Literal["approved", "rejected", "retry_pending", "needs_review"]


@dataclass(frozen=True, slots=True)
class Decision:
    """The next status of a submission and what it means for the worker."""

    status: Status
    strike: bool
    """Whether the worker gets a strike; `collection.strikes_to_ban` of them ban."""


def decide(stars: int | None, min_star_rating: int, attempt: int) -> Decision:
    """Stars at or above the job's minimum approve; 2 may try once more; 1 is a strike.

    Args:
        stars: 1–5, `None` when the engine failed, which is never the worker's fault.
        min_star_rating: of the job, 1–5.
        attempt: 1 for the first submission to this slot, 2 for the retry.
    """
    if stars is None:
        return Decision("needs_review", strike=False)
    if stars >= min_star_rating:
        return Decision("approved", strike=False)
    if stars == 2 and attempt == 1:
        return Decision("retry_pending", strike=False)
    return Decision("rejected", strike=stars == 1)
