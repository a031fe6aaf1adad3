"""Quantiles out of a histogram's buckets, as Prometheus' `histogram_quantile` finds them."""

from collections.abc import Mapping
from math import inf

Buckets = Mapping[float, float]
"""Count of observations up to each bound; the last bound is infinite."""


def quantile(buckets: Buckets, share: float) -> float | None:
    """The value below which `share` of the observations lie; `None` when there are none.

    Within a bucket observations are taken to be spread evenly. What lies beyond the last finite bound is told as that.
    """
    bounds = sorted(buckets)
    total = buckets[bounds[-1]] if bounds else 0.0
    if total <= 0:
        return None
    wanted, lower, below = share * total, 0.0, 0.0
    for bound in bounds:
        if buckets[bound] >= wanted and buckets[bound] > below:
            return lower if bound == inf else lower + (bound - lower) * (wanted - below) / (buckets[bound] - below)
        lower, below = bound, buckets[bound]
    return lower


def since(now: Buckets, before: Buckets) -> Buckets:
    """Observations between two looks; all of them where the counting process has started anew."""
    if any(now[bound] < before.get(bound, 0.0) for bound in now):
        return now
    return {bound: count - before.get(bound, 0.0) for bound, count in now.items()}
