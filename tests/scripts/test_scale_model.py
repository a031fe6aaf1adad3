"""The queue against textbook cases, and against itself event by event."""

import math

import numpy as np
import pytest

from scripts.scale_model import (
    MONTH_SECONDS,
    Limit,
    daily_delay,
    daily_rates,
    erlang_c,
    first_to_break,
    gpus_needed,
    mean_rate,
    mean_wait,
    simulate,
    wait_quantile,
)


@pytest.mark.parametrize(
    ("servers", "load", "expected"),
    [
        (1, 0.5, 0.5),  # M/M/1: the utilisation
        (1, 0.9, 0.9),
        (2, 1.0, 1 / 3),
        (3, 2.0, 4 / 9),
        (10, 0.0, 0.0),
        (100, 90.0, 0.2168),  # Erlang C tables
    ],
)
def test_erlang_c(servers: int, load: float, expected: float) -> None:
    assert erlang_c(servers, load) == pytest.approx(expected, abs=2e-4)


def test_erlang_c_of_a_thousand_servers_is_a_number() -> None:
    assert 0 < erlang_c(1000, 950.0) < 1


@pytest.mark.parametrize(("servers", "load"), [(1, 1.0), (4, 4.5), (2, -1.0)])
def test_a_load_that_no_queue_survives_is_refused(servers: int, load: float) -> None:
    with pytest.raises(ValueError, match="not below"):
        erlang_c(servers, load)


def test_waits_of_m_m_1() -> None:
    """Mean λ/(μ(μ−λ)); quantile ln(ρ/0.05)/(μ−λ)."""
    assert mean_wait(1, 0.8, 2.0) == pytest.approx(0.8 / 0.2 * 2.0)
    assert wait_quantile(1, 0.8, 2.0, 0.95) == pytest.approx(math.log(0.8 / 0.05) * 2.0 / 0.2)
    assert wait_quantile(10, 0.1, 2.0, 0.95) == 0.0


@pytest.mark.parametrize(
    ("arrivals", "services", "servers", "expected"),
    [
        ([0, 1, 2], [5, 5, 5], 1, [0, 4, 8]),
        ([0, 1, 2], [5, 5, 5], 2, [0, 0, 3]),
        ([0, 0, 0, 0], [1, 4, 1, 1], 2, [0, 0, 1, 2]),
        ([0, 10], [1, 1], 1, [0, 0]),
        ([], [], 3, []),
    ],
)
def test_the_simulation_by_hand(
    arrivals: list[float], services: list[float], servers: int, expected: list[float]
) -> None:
    assert simulate(arrivals, services, servers).tolist() == expected


@pytest.mark.parametrize(("servers", "utilisation"), [(1, 0.7), (4, 0.8), (20, 0.9)])
def test_the_simulation_agrees_with_erlang(servers: int, utilisation: float) -> None:
    random = np.random.default_rng(7)
    count = 400_000
    arrivals = np.cumsum(random.exponential(1 / (servers * utilisation), count))
    waits = simulate(arrivals.tolist(), random.exponential(1.0, count).tolist(), servers)[count // 10 :]
    load = servers * utilisation
    assert waits.mean() == pytest.approx(mean_wait(servers, load, 1.0), rel=0.1)
    assert np.quantile(waits, 0.95) == pytest.approx(wait_quantile(servers, load, 1.0, 0.95), rel=0.1)


def test_even_service_halves_the_wait() -> None:
    """Pollaczek and Khinchine: M/D/1 waits half as long as M/M/1."""
    random = np.random.default_rng(3)
    arrivals = np.cumsum(random.exponential(1 / 0.8, 400_000))
    waits = simulate(arrivals.tolist(), [1.0] * len(arrivals), 1)
    assert waits.mean() == pytest.approx(mean_wait(1, 0.8, 1.0) / 2, rel=0.1)


def test_a_day_adds_up_to_its_share_of_the_month() -> None:
    rates = daily_rates(1e6, 0.8)
    assert rates.mean() == pytest.approx(mean_rate(1e6))
    assert rates.max() == pytest.approx(1.8 * mean_rate(1e6), rel=1e-3)
    assert daily_rates(MONTH_SECONDS, 0.0).tolist() == pytest.approx([1.0] * len(rates))


@pytest.mark.parametrize(
    ("servers", "peak", "p95_at_most"),
    [(10, 0.5, 1.0), (1000, 0.005, 0.0)],
)
def test_with_enough_gpus_nobody_waits(servers: int, peak: float, p95_at_most: float) -> None:
    found = daily_delay(MONTH_SECONDS * 5, 0.0, servers, 1.0)
    assert found.peak_utilisation == pytest.approx(peak)
    assert found.p95_seconds <= p95_at_most


def test_what_the_day_brings_too_much_waits_for_the_night() -> None:
    """5 a second on average, 9 at the peak, 6 possible: the queue grows for hours, and is gone by the morning."""
    found = daily_delay(MONTH_SECONDS * 5, 0.8, 6, 1.0)
    assert found.peak_utilisation == pytest.approx(1.5, rel=1e-3)
    assert 3600 < found.p95_seconds < 12 * 3600
    assert daily_delay(MONTH_SECONDS * 5, 0.8, 5, 1.0).p95_seconds == math.inf


@pytest.mark.parametrize("per_month", [1e6, 1e8])
def test_the_gpus_needed_are_the_fewest(per_month: float) -> None:
    needed = gpus_needed(per_month, 0.8, 0.05, 60.0)
    assert daily_delay(per_month, 0.8, needed, 0.05).p95_seconds <= 60.0
    assert needed == 1 or daily_delay(per_month, 0.8, needed - 1, 0.05).p95_seconds > 60.0


def test_the_first_to_break_allows_the_fewest() -> None:
    wide, narrow = Limit("wide", 1.0, 100.0, "", ""), Limit("narrow", 20.0, 100.0, "", "")
    assert [limit.name for limit in first_to_break([wide, narrow])] == ["narrow", "wide"]
    assert narrow.submissions_per_second == 5.0
