"""Quantiles out of buckets, and what was observed between two looks."""

from math import inf

import pytest

from api.ops.quantiles import quantile, since

BUCKETS = {0.1: 10.0, 0.5: 30.0, 1.0: 40.0, inf: 40.0}


@pytest.mark.parametrize(
    ("buckets", "share", "expected"),
    [
        ({}, 0.5, None),
        ({0.1: 0.0, inf: 0.0}, 0.5, None),
        (BUCKETS, 0.25, 0.1),
        (BUCKETS, 0.125, 0.05),
        (BUCKETS, 0.5, 0.3),
        (BUCKETS, 0.75, 0.5),
        (BUCKETS, 1.0, 1.0),
        ({0.1: 0.0, 0.5: 0.0, 1.0: 4.0, inf: 4.0}, 0.5, 0.75),
        ({0.1: 0.0, 1.0: 2.0, inf: 10.0}, 0.95, 1.0),
    ],
)
def test_quantile(buckets, share, expected):
    assert quantile(buckets, share) == pytest.approx(expected)


def test_between_two_looks():
    assert since({0.1: 5.0, inf: 9.0}, {0.1: 2.0, inf: 4.0}) == {0.1: 3.0, inf: 5.0}
    assert since({0.1: 5.0, inf: 9.0}, {}) == {0.1: 5.0, inf: 9.0}


def test_a_process_that_started_anew_counts_from_its_start():
    assert since({0.1: 1.0, inf: 1.0}, {0.1: 50.0, inf: 90.0}) == {0.1: 1.0, inf: 1.0}
