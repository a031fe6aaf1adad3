"""How a service came through the loss of a machine, from nothing but the times of its submissions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

STEP_SECONDS = 0.1
WINDOW_SECONDS = 5.0
"""Rates are over so long: at 4 a second 20 files."""
RECOVERED_SHARE = 0.8
"""Of the rate before; an undisturbed run keeps every window above 0.9."""


@dataclass(frozen=True, slots=True)
class Decided:
    """When a submission came and when it was decided, in seconds of one clock."""

    came_seconds: float
    decided_seconds: float


@dataclass(frozen=True, slots=True)
class Recovery:
    """Rates and delays around the loss."""

    rate_before: float
    """Decisions a second before it."""
    lowest_rate: float
    """In the worst window after it."""
    rate_after: float
    """From the recovery to the last file that came; NaN if none came then."""
    recovered_after_seconds: float
    """From the loss to the first window from which on no window has less than 80% of the rate before."""
    caught_up_after_seconds: float
    """From the loss until the last file that waited more than twice as long as the slowest tenth before it."""
    longest_pause_seconds: float
    """Without a decision, after the loss."""
    delay_before_p95_seconds: float
    delay_after_p95_seconds: float
    """Of the files that came when it had caught up; NaN if none did."""
    longest_delay_seconds: float

    def row(self) -> dict[str, Any]:
        return {
            "rate before": round(self.rate_before, 2),
            "lowest rate": round(self.lowest_rate, 2),
            "rate after": _known(self.rate_after, 2),
            "recovered after s": round(self.recovered_after_seconds, 1),
            "caught up after s": round(self.caught_up_after_seconds, 1),
            "longest pause s": round(self.longest_pause_seconds, 1),
            "p95 delay before s": round(self.delay_before_p95_seconds, 2),
            "p95 delay after s": _known(self.delay_after_p95_seconds, 2),
            "longest delay s": round(self.longest_delay_seconds, 1),
        }


def recovery(decided: Sequence[Decided], lost_seconds: float) -> Recovery:
    """What the times say.

    Args:
        decided: every submission, in any order; some were decided before the loss.
        lost_seconds: when the machine was lost.

    Raises:
        ValueError: nothing was decided before the loss, or nothing after it.
    """
    came = np.array([one.came_seconds for one in decided])
    done = np.array([one.decided_seconds for one in decided])
    early, late = done[done <= lost_seconds], np.sort(done[done > lost_seconds])
    if not len(early) or not len(late):
        raise ValueError(f"{len(early)} decisions before the loss and {len(late)} after it; both are needed")
    delays = done - came
    delay_before = delays[done <= lost_seconds]
    rate_before = len(early) / max(lost_seconds - float(came.min()), WINDOW_SECONDS)
    starts = np.arange(lost_seconds, max(float(came.max()) - WINDOW_SECONDS, lost_seconds + STEP_SECONDS), STEP_SECONDS)
    rates = np.array([_rate(late, start) for start in starts])
    slow_windows = np.flatnonzero(rates < RECOVERED_SHARE * rate_before)
    recovered = (int(slow_windows[-1]) + 1) * STEP_SECONDS if len(slow_windows) else 0.0
    slow = done[(delays > 2 * np.quantile(delay_before, 0.9)) & (done > lost_seconds)]
    caught_up = float(slow.max()) - lost_seconds if len(slow) else 0.0
    after = delays[came > lost_seconds + caught_up]
    return Recovery(
        rate_before=rate_before,
        lowest_rate=float(rates.min()),
        rate_after=_rate_between(late, lost_seconds + recovered, float(came.max())),
        recovered_after_seconds=recovered,
        caught_up_after_seconds=caught_up,
        longest_pause_seconds=float(np.diff(np.concatenate([[lost_seconds], late])).max()),
        delay_before_p95_seconds=float(np.quantile(delay_before, 0.95)),
        delay_after_p95_seconds=float(np.quantile(after, 0.95)) if len(after) else float("nan"),
        longest_delay_seconds=float(delays.max()),
    )


def _known(value: float, digits: int) -> float | None:
    """Rounded; JSON has no NaN."""
    return None if np.isnan(value) else round(value, digits)


def _rate(times: NDArray[np.float64], start: float) -> float:
    inside = np.searchsorted(times, [start, start + WINDOW_SECONDS])
    return float(inside[1] - inside[0]) / WINDOW_SECONDS


def _rate_between(times: NDArray[np.float64], start: float, end: float) -> float:
    if not end > start:
        return float("nan")
    inside = np.searchsorted(times, [start, end])
    return float(inside[1] - inside[0]) / (end - start)
