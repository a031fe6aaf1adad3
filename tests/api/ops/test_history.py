"""The window that recent figures are of."""

from api.ops.history import History, Look, ModelCounters


def _look(at_seconds):
    return Look(at_seconds, {}, 0.0, {})


def _begins(history, at_seconds):
    begins = history.window(_look(at_seconds))
    return begins.at_seconds if begins else None


def test_a_window_is_a_minute_at_most_while_somebody_looks():
    history = History()
    assert _begins(history, 0.0) is None
    seen = [_begins(history, float(second)) for second in range(2, 200, 2)]
    assert seen[:30] == [0.0] * 30
    assert seen[30] == 2.0
    assert seen[-1] == 138.0


def test_after_a_long_pause_the_window_is_longer_once():
    history = History()
    assert [_begins(history, at) for at in (0.0, 1000.0, 1002.0)] == [None, 0.0, 1000.0]


def test_many_pages_do_not_fill_the_memory():
    history = History()
    for n in range(1000):
        history.window(_look(n / 1000))
    assert len(history._looks) == 1


def test_counters_between_two_looks():
    before, now = ModelCounters(2, 8, 1.5, 4.0), ModelCounters(5, 20, 4.0, 9.0)
    assert now.since(before) == ModelCounters(3, 12, 2.5, 5.0)


def test_replicas_that_started_anew_count_from_their_start():
    before, now = ModelCounters(50, 80, 15.0, 40.0), ModelCounters(1, 2, 0.5, 0.3)
    assert now.since(before) == now
