"""What the kernel's count says about cores that others leave."""

import os
import time
from pathlib import Path

import pytest

from models.runtime.spare_cores import SpareCores

SECOND = 100
"""Ticks of one core."""


class Machine:
    """A count, a clock and a process, moved by hand."""

    def __init__(self, folder: Path) -> None:
        self.stat = folder / "stat"
        self.seconds, self.used, self._ticks = 0.0, 0.0, [1000] * 10
        self.passes(0.0)

    def passes(self, seconds: float, *, used: float = 0.0, nice: int = 0, idle: int = 0, user: int = 0) -> None:
        self.seconds += seconds
        self.used += used
        for field, ticks in ((0, user), (1, nice), (3, idle)):
            self._ticks[field] += ticks
        self.stat.write_text(f"cpu  {' '.join(map(str, self._ticks))}\ncpu0 1 2 3\n")

    def cores(self) -> SpareCores:
        return SpareCores(self.stat, lambda: self.seconds, lambda: self.used)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_what_others_leave_and_what_one_has_oneself_is_spare(machine: Machine) -> None:
    cores = machine.cores()
    machine.passes(2.0, used=1.0, user=3 * SECOND, nice=SECOND // 2, idle=SECOND // 2)
    assert cores.now() == pytest.approx(1.0)
    machine.passes(1.0, idle=2 * SECOND)
    assert cores.now() == pytest.approx(2.0)


def test_moments_are_not_judged(machine: Machine) -> None:
    cores = machine.cores()
    machine.passes(1.0, idle=2 * SECOND)
    assert cores.now() == pytest.approx(2.0)
    machine.passes(0.1, user=20)
    assert cores.now() == pytest.approx(2.0)
    machine.passes(0.1, user=20)
    assert cores.now() == pytest.approx(0.0)


def test_nothing_is_known_at_first(machine: Machine) -> None:
    assert machine.cores().now() == float("inf")


@pytest.mark.parametrize("counts", [True, False], ids=["a count that stands still", "no count"])
def test_without_a_count_all_are_spare(machine: Machine, counts: bool) -> None:
    if not counts:
        machine.stat.unlink()
    cores = machine.cores()
    machine.seconds = 5.0
    assert cores.now() == float("inf")


def test_of_this_machine_a_process_has_what_it_uses_and_no_more_than_there_is() -> None:
    cores, began, used = SpareCores(), time.monotonic(), time.process_time()
    while time.process_time() - used < 0.5:
        pass
    share = 0.5 / (time.monotonic() - began)
    assert 0.9 * share <= cores.now() <= 1.1 * (os.cpu_count() or 1)
