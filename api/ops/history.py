"""Earlier looks at the counters: what happened lately is the difference between two of them."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from api.ops.quantiles import Buckets
from configs.settings import Role

WINDOW_SECONDS = 60.0
"""Long enough for a p95 at one file a second, short enough to show what a change of batches does."""
SPACING_SECONDS = 1.0
"""Looks that follow faster are not kept, however many pages are open."""


@dataclass(frozen=True, slots=True)
class ModelCounters:
    """Of all replicas of a model together."""

    batches: int
    items: int
    fill_sum: float
    run_seconds: float

    def since(self, before: "ModelCounters") -> "ModelCounters":
        """What was counted between two looks; all of it where replicas have started anew."""
        if self.batches < before.batches or self.run_seconds < before.run_seconds:
            return self
        return ModelCounters(
            self.batches - before.batches,
            self.items - before.items,
            self.fill_sum - before.fill_sum,
            self.run_seconds - before.run_seconds,
        )


@dataclass(frozen=True, slots=True)
class Look:
    """All counters at one moment."""

    at_seconds: float
    """Of a clock that never goes back."""
    stages: Mapping[str, Buckets]
    engine_failures: float
    models: Mapping[Role, ModelCounters]


class History:
    """Looks of the last minute, in the memory of this process."""

    def __init__(self) -> None:
        self._looks: deque[Look] = deque()

    def window(self, look: Look) -> Look | None:
        """Keep a look; returns the one that the window begins with, `None` for the first.

        When nobody looked for longer than a window, it is longer this once.
        """
        while len(self._looks) > 1 and look.at_seconds - self._looks[0].at_seconds > WINDOW_SECONDS:
            self._looks.popleft()
        begins = self._looks[0] if self._looks else None
        if not self._looks or look.at_seconds - self._looks[-1].at_seconds >= SPACING_SECONDS:
            self._looks.append(look)
        return begins
