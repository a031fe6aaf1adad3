import math

import pytest

from scripts.bench.cluster_recovery import Decided, recovery


def steady(start: float, end: float, per_second: float, delay: float) -> list[Decided]:
    count = round((end - start) * per_second)
    times = (start + index / per_second for index in range(count))
    return [Decided(came, came + delay) for came in times]


def test_a_loss_that_nobody_notices() -> None:
    found = recovery(steady(0, 60, 4, 0.5), 20.0)
    assert found.rate_before == pytest.approx(4.0, rel=0.05)
    assert found.lowest_rate == pytest.approx(4.0, rel=0.06)
    assert found.recovered_after_seconds == 0.0
    assert found.caught_up_after_seconds == 0.0
    assert found.longest_pause_seconds <= 0.25 + 1e-6


def test_a_pause_of_ten_seconds_and_a_burst_after_it() -> None:
    """Nothing is decided between 20 and 30; what came meanwhile is decided by 32."""
    before, after = steady(0, 19.5, 4, 0.5), steady(32, 80, 4, 0.5)
    stuck = [Decided(one.came_seconds, 30 + index * 0.04) for index, one in enumerate(steady(19.5, 32, 4, 0))]
    found = recovery([*before, *stuck, *after], 20.0)
    assert found.lowest_rate == 0.0
    assert found.longest_pause_seconds == pytest.approx(10.0, abs=0.1)
    assert 5 < found.recovered_after_seconds < 10, "a window of 5 s is full again before the pause is 10 s old"
    assert found.caught_up_after_seconds == pytest.approx(12, abs=0.5)
    assert found.longest_delay_seconds == pytest.approx(10.5, abs=0.2)
    assert found.delay_after_p95_seconds == pytest.approx(0.5)
    assert found.rate_after >= 4.0


def test_the_order_of_the_submissions_does_not_matter() -> None:
    some = steady(0, 40, 3, 0.4)
    assert recovery(some, 10.0) == recovery(some[::-1], 10.0)


def test_no_later_submission_tells_no_later_delay() -> None:
    early = steady(0, 10, 4, 0.5)
    late = [Decided(9.0, 60.0)]
    assert math.isnan(recovery([*early, *late], 5.0).delay_after_p95_seconds)


@pytest.mark.parametrize("lost_seconds", [-1.0, 100.0])
def test_decisions_on_both_sides_are_needed(lost_seconds: float) -> None:
    with pytest.raises(ValueError, match="both are needed"):
        recovery(steady(0, 10, 4, 0.5), lost_seconds)
