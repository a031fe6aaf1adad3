"""When a request is made again, and after how long."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from assay_sdk.errors import ApiError, AssayError, ConnectionFailed, IdempotencyConflict

_PASSING = frozenset({429, 502, 503, 504})
"""Statuses of a server, or of a proxy before it, that may answer soon."""
_SENT_AWAY = frozenset({429, 503})
"""Of those, what a server says that has done nothing…"""
_BEGUN = frozenset({"engine_failed", "out_of_memory"})
"""…but for these codes."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with full jitter (Brooker, "Exponential Backoff And Jitter", AWS 2015).

    Every request but a score can be repeated: reads change nothing, updates and deletions come to the same, and what
    makes something carries an idempotency key, the same on every attempt. Of a score the server keeps nothing: where
    it may be at work already, the engine would only do the same twice.
    """

    max_retries: int = 5
    """Attempts after the first."""
    first_delay_seconds: float = 0.5
    """Longest pause before the first retry; it doubles with every further one."""
    longest_delay_seconds: float = 8.0
    """Where it stops doubling."""
    longest_retry_after_seconds: float = 90.0
    """A `Retry-After` beyond this is left to the caller. The server's rate limits are over within a minute."""

    def delay_seconds(
        self, retries: int, error: AssayError, draw: Callable[[float, float], float] = random.uniform
    ) -> float | None:
        """The pause before the next attempt; `None` when there is to be none.

        Args:
            retries: those made so far.
            error: of the last attempt.
            draw: a number between two.
        """
        if retries >= self.max_retries or not is_passing(error):
            return None
        jitter = draw(0.0, min(self.longest_delay_seconds, self.first_delay_seconds * 2.0**retries))
        asked = error.retry_after_seconds if isinstance(error, ApiError) else None
        if asked is None:
            return jitter
        # Everybody was told the same number: what is added keeps them from coming back at once.
        return asked + jitter if asked <= self.longest_retry_after_seconds else None


def is_passing(error: AssayError) -> bool:
    """Whether the same request may succeed later.

    An idempotency conflict means that the attempt before is still under way: its answer will be there.
    """
    if isinstance(error, ApiError):
        return error.status in _PASSING or isinstance(error, IdempotencyConflict)
    return isinstance(error, ConnectionFailed)


def was_not_begun(error: AssayError) -> bool:
    """Whether the server has done nothing of the request, and may do it later."""
    if isinstance(error, ApiError):
        return error.status in _SENT_AWAY and error.code not in _BEGUN
    return isinstance(error, ConnectionFailed) and not error.was_sent


DEFAULT_RETRY = RetryPolicy()
"""Up to five retries within about half a minute; longer where the server asks for it."""
