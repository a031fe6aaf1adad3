"""How many cores a process could have, from what the kernel counts for the whole machine."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock

WINDOW_SECONDS = 0.2
"""The kernel counts in hundredths of a second: a shorter window is too coarse, a longer one notices late who left."""
NICE, IDLE, WAITING = 1, 3, 4
"""Fields of `/proc/stat`: processes that make room for others, nobody, and nobody but someone who waits for a disk."""


class SpareCores:
    """Cores that were ours or nobody's, on average since the look before.

    Within a container too the count is of the whole machine.
    """

    def __init__(
        self,
        stat: Path = Path("/proc/stat"),
        clock: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = time.process_time,
    ) -> None:
        """
        Args:
            stat: where the kernel counts.
            clock: seconds that passed.
            used: processor seconds of this process.
        """
        self._file = os.open(stat, os.O_RDONLY) if stat.exists() else None
        self._clock, self._used = clock, used
        self._ticks_per_second = os.sysconf("SC_CLK_TCK")
        self._lock = Lock()
        self._cores = float("inf")
        self._before = self._look()

    def now(self) -> float:
        """Cores; infinite where the kernel does not count. Takes 20 µs. Safe to call from several threads."""
        with self._lock:
            seconds, spare, counted = self._look()
            passed = seconds - self._before[0]
            if passed >= WINDOW_SECONDS:
                self._cores = (spare - self._before[1]) / passed if counted > self._before[2] else float("inf")
                self._before = seconds, spare, counted
            return self._cores

    def _look(self) -> tuple[float, float, int]:
        """The time, core seconds that were ours or nobody's, and all ticks that were counted."""
        ticks = [0] * 8
        if self._file is not None:
            ticks = [int(field) for field in os.pread(self._file, 512, 0).split(b"\n", 1)[0].split()[1:9]]
        nobodys = sum(ticks[field] for field in (NICE, IDLE, WAITING)) / self._ticks_per_second
        return self._clock(), self._used() + nobodys, sum(ticks)
