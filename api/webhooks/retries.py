"""When a delivery is tried again."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

JITTER = 0.1
"""Pauses are up to a tenth longer, so that what failed together does not come back together."""
LONGEST_RETRY_AFTER_SECONDS = 86400.0


def pause_seconds(
    attempts: int, schedule_seconds: Sequence[float], *, retry_after_seconds: float = 0.0, chance: float = 0.0
) -> float | None:
    """How long to wait before the next attempt; `None` when there is none left.

    Args:
        attempts: made so far in this run of the schedule, at least 1.
        schedule_seconds: the pause after the first attempt, the second, and so on.
        retry_after_seconds: what the receiver asked for; a longer pause of the schedule stands.
        chance: a random number in [0, 1), of the jitter.
    """
    if attempts > len(schedule_seconds):
        return None
    asked = min(retry_after_seconds, LONGEST_RETRY_AFTER_SECONDS)
    return max(schedule_seconds[attempts - 1], asked) * (1 + JITTER * chance)


def retry_after_seconds(header: str | None, moment: datetime) -> float:
    """What a `Retry-After` asks for, seconds or a date, counted from `moment`; 0 when it says nothing readable."""
    text = (header or "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return 0.0
    if date.tzinfo is None:
        date = date.replace(tzinfo=UTC)
    return max(0.0, (date - moment).total_seconds())
