"""How often to look at something that the server does in its own time."""

import time
from collections.abc import Iterator

LONGEST_HOLD_SECONDS = 45
"""Of a long poll: proxies commonly cut idle connections at 60 s."""


def pauses_seconds() -> Iterator[float]:
    """Seconds between looks: soon at first, since a score takes about as long; then every two seconds."""
    pause = 0.1
    while True:
        yield pause
        pause = min(2.0, pause * 1.5)


def holds_seconds() -> Iterator[int]:
    """Seconds that the server may hold back its answers in a row of long polls in which nothing changes.

    A change between two polls goes unseen by the second, until its time is up. Changes come in bursts, so the
    polls after one are short.
    """
    hold = 1
    while True:
        yield hold
        hold = min(LONGEST_HOLD_SECONDS, hold * 2)


class Deadline:
    """An end of waiting."""

    def __init__(self, timeout_seconds: float | None) -> None:
        self._ends_at = None if timeout_seconds is None else time.monotonic() + timeout_seconds

    def remaining_seconds(self, at_most: float) -> float:
        """What is left, or `at_most` if that is less; 0 when it is over."""
        left = at_most if self._ends_at is None else self._ends_at - time.monotonic()
        return max(0.0, min(at_most, left))
