"""Freed memory leaves an idle process."""

import os
import subprocess
import sys

PROGRAM = """
import time
import psutil
from serve import idle_memory

idle_memory.CHECK_SECONDS = 0.1
rss_mb = lambda: psutil.Process().memory_info().rss / 1e6
blocks = [bytes(64_000) for _ in range(3_000)]  # below what glibc maps by itself
last = bytes(64_000)  # keeps the end of the heap in use
before = rss_mb()
del blocks
assert rss_mb() > before - 50, "the heap has to hold what was freed, or this shows nothing"
if {watched}:
    idle_memory.give_back_when_idle()
    end = time.process_time() + 0.3
    while time.process_time() < end:  # work, and then none
        pass
time.sleep(1)
print(before - rss_mb())
"""


def freed_mb(*, watched: bool) -> float:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(watched=watched)],
        env=os.environ | {"MALLOC_TRIM_THRESHOLD_": str(2**30)},
        capture_output=True,
        check=True,
        text=True,
    )
    return float(done.stdout)


def test_an_idle_process_gives_freed_memory_back() -> None:
    assert freed_mb(watched=True) > 100


def test_without_it_the_heap_keeps_it() -> None:
    assert freed_mb(watched=False) < 50
