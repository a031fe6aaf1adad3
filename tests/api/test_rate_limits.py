"""The moving window, on a clock of the test's own."""

from api.rate_limits import PERIOD_SECONDS, MovingWindow, Window


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_requests_count_for_a_minute() -> None:
    clock = Clock()
    window = MovingWindow(2, clock)
    assert window.spend("org_a") == (True, Window(2, 1, 60))
    clock.now += 20
    assert window.spend("org_a") == (True, Window(2, 0, 40))
    clock.now += 30
    assert window.spend("org_a") == (False, Window(2, 0, 10))
    clock.now += 10
    assert window.spend("org_a") == (True, Window(2, 0, 20))


def test_what_is_left_can_be_looked_at() -> None:
    clock = Clock()
    window = MovingWindow(2, clock)
    assert window.left("org_a") == Window(2, 2, 60)
    window.spend("org_a")
    clock.now += 20
    assert [window.left("org_a") for _ in range(3)] == [Window(2, 1, 40)] * 3
    clock.now += 40
    assert window.left("org_a") == Window(2, 2, 60)


def test_what_is_refused_does_not_count() -> None:
    clock = Clock()
    window = MovingWindow(1, clock)
    assert [window.spend("org_a")[0] for _ in range(5)] == [True, False, False, False, False]
    clock.now += PERIOD_SECONDS
    assert window.spend("org_a")[0]


def test_owners_do_not_share() -> None:
    window = MovingWindow(1, Clock())
    assert window.spend("org_a")[0]
    assert window.spend("org_b")[0]
    assert not window.spend("org_a")[0]


def test_silent_owners_are_forgotten() -> None:
    clock = Clock()
    window = MovingWindow(5, clock)
    for number in range(100):
        window.spend(f"address {number}")
        clock.now += 1
    assert len(window._times) == PERIOD_SECONDS
    window.spend("address 99")
    clock.now += 2 * PERIOD_SECONDS
    window.spend("another")
    assert list(window._times) == ["another"]


def test_whoever_waits_as_long_as_told_is_let_in() -> None:
    clock = Clock()
    window = MovingWindow(1, clock)
    window.spend("org_a")
    clock.now += 0.7
    _, told = window.spend("org_a")
    clock.now += told.reset_seconds
    assert window.spend("org_a")[0]
