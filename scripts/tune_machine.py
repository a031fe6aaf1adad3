"""The machine that was measured on, and whether it was ours alone."""

import os
import platform
import time
from pathlib import Path

import psutil

from models.runtime.device import cpu_capabilities

CPU_LIMIT = Path("/sys/fs/cgroup/cpu.max")
"""Microseconds of processor time in so many microseconds, or `max`."""
MAX_TAKEN = 0.1
"""Share of the machine that other processes may take before figures are not worth keeping."""


class Others:
    """How much of the machine processes other than ours and our children took since this was made."""

    def __init__(self) -> None:
        self._started_seconds = time.monotonic()
        self._busy, self._ours = _busy_seconds(), _own_seconds()

    def taken(self) -> float:
        """Their share of all cores, from 0 to 1; children count once they have ended."""
        elapsed = (time.monotonic() - self._started_seconds) * (os.cpu_count() or 1)
        theirs = (_busy_seconds() - self._busy) - (_own_seconds() - self._ours)
        return min(1.0, max(0.0, theirs / elapsed)) if elapsed else 0.0


def describe_noise(taken: float) -> list[str]:
    """A warning, if the others took too much."""
    if taken <= MAX_TAKEN:
        return []
    return [
        f"Other processes took {taken:.0%} of the machine meanwhile, and whoever runs more threads gets more of what "
        "is left: measure again on a quiet one before you keep this."
    ]


def usable_cores() -> int:
    """By the affinity of this process, and by the limit of its control group (cgroup v2), which containers have."""
    cores = len(os.sched_getaffinity(0))
    try:
        quota, period = CPU_LIMIT.read_text(encoding="utf-8").split()
        return max(1, min(cores, int(quota) // int(period)))
    except (OSError, ValueError):  # there is no such file, or no limit ("max")
        return cores


def describe_machine() -> str:
    """Processor, cores and the numbers it computes in."""
    numbers = ", ".join(name for name in cpu_capabilities() if name in ("FP32", "BF16", "INT8", "FP16"))
    return f"{_processor()}, {usable_cores()} cores, {numbers}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _busy_seconds() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - getattr(times, "iowait", 0.0) - getattr(times, "guest", 0.0))


def _own_seconds() -> float:
    return sum(os.times()[:4])
