"""Queues, databases and stores under a month of submissions: plain functions, no measurement of their own.

The queue in front of the GPUs is M/M/c within an hour (Erlang's formulas) and a fluid over the day: what comes above
capacity waits until the night. `simulate` is the same queue event by event, for service times of any kind.
"""

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DAY_SECONDS = 86_400.0
MONTH_SECONDS = 30.4 * DAY_SECONDS
STEPS_PER_DAY = 288
"""Of 5 minutes."""
DAYS = 3
"""A backlog of one day may meet the next peak."""


@dataclass(frozen=True, slots=True)
class Delay:
    """How long submissions wait for a GPU over a day."""

    median_seconds: float
    p95_seconds: float
    """Over the submissions of the day; infinite where more comes in a day than is done in it."""
    peak_utilisation: float
    """Arrivals over capacity at the peak; above 1 a backlog grows."""


@dataclass(frozen=True, slots=True)
class Limit:
    """Something of which there is one, or which does not grow with the GPUs."""

    name: str
    per_submission: float
    """Uses of it by one submission."""
    capacity: float
    """Uses a second that it takes."""
    reason: str
    """Where both come from."""
    change: str
    """What to do when it is reached."""

    @property
    def submissions_per_second(self) -> float:
        """What it allows."""
        return self.capacity / self.per_submission


def mean_rate(per_month: float) -> float:
    """Submissions a second, over the whole month."""
    return per_month / MONTH_SECONDS


def daily_rates(per_month: float, swing: float) -> NDArray[np.float64]:
    """Submissions a second in each step of a day: a sine with its peak at 1 + swing times the mean.

    Args:
        swing: 0 for an even day, 1 for one that falls to nothing.
    """
    angles = 2 * math.pi * (np.arange(STEPS_PER_DAY) + 0.5) / STEPS_PER_DAY
    return mean_rate(per_month) * (1 + swing * np.sin(angles))


def erlang_c(servers: int, load: float) -> float:
    """Probability that a submission has to wait, for `load` = arrivals × service time below `servers`.

    By Erlang's B in its stable recursion (Cooper, *Introduction to Queueing Theory*, 1981, chapter 3).

    Raises:
        ValueError: the load is not below the servers.
    """
    if not 0 <= load < servers:
        raise ValueError(f"a load of {load:.3g} is not below {servers} servers")
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = load * blocked / (count + load * blocked)
    return blocked / (1 - (load / servers) * (1 - blocked))


def wait_quantile(servers: int, load: float, service_seconds: float, share: float) -> float:
    """Seconds that `share` of the submissions wait at most, in M/M/c."""
    waits = erlang_c(servers, load)
    if waits <= 1 - share:
        return 0.0
    return math.log(waits / (1 - share)) * service_seconds / (servers - load)


def mean_wait(servers: int, load: float, service_seconds: float) -> float:
    """Seconds that a submission waits on average, in M/M/c."""
    return erlang_c(servers, load) * service_seconds / (servers - load)


def daily_delay(per_month: float, swing: float, servers: int, service_seconds: float) -> Delay:
    """Waits over a day of the cycle, after others like it."""
    rates = daily_rates(per_month, swing)
    capacity = servers / service_seconds
    peak = float(rates.max()) / capacity
    if rates.mean() >= capacity:
        return Delay(math.inf, math.inf, peak)
    backlog = _backlog(rates, capacity)
    waits = np.array(
        [
            queued / capacity
            if queued > 0
            else wait_quantile(servers, _stable(rate, capacity) * service_seconds, service_seconds, 0.95)
            for rate, queued in zip(rates, backlog, strict=True)
        ]
    )
    order = np.argsort(waits)
    share = np.cumsum(rates[order]) / rates.sum()
    median, p95 = (float(waits[order][np.searchsorted(share, quantile)]) for quantile in (0.5, 0.95))
    return Delay(median, p95, peak)


def gpus_needed(per_month: float, swing: float, service_seconds: float, p95_seconds: float) -> int:
    """Fewest GPUs with which 95% of a day's submissions wait no longer."""
    low, high = 0, 1
    while daily_delay(per_month, swing, high, service_seconds).p95_seconds > p95_seconds:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        if daily_delay(per_month, swing, middle, service_seconds).p95_seconds > p95_seconds:
            low = middle
        else:
            high = middle
    return high


def simulate(arrivals_seconds: Sequence[float], services_seconds: Sequence[float], servers: int) -> NDArray[np.float64]:
    """Seconds that each submission waits, first come, first served, event by event.

    Args:
        arrivals_seconds: in order.
        services_seconds: of each, as long as the arrivals.
        servers: that serve one each.
    """
    free = [0.0] * servers
    waits = np.empty(len(arrivals_seconds))
    for index, (came, takes) in enumerate(zip(arrivals_seconds, services_seconds, strict=True)):
        starts = max(came, heapq.heappop(free))
        waits[index] = starts - came
        heapq.heappush(free, starts + takes)
    return waits


def first_to_break(limits: Sequence[Limit]) -> list[Limit]:
    """The limits, that of the fewest submissions a second first."""
    return sorted(limits, key=lambda limit: limit.submissions_per_second)


def limits(record: Mapping[str, Any]) -> list[Limit]:
    """What one submission uses of the parts that do not grow by themselves, by the measurements of `record`."""
    front = record["front_end"]
    calls = front["store_calls"]
    writes = 1 + calls.get("put_file", 0) + calls.get("put_bytes", 0) + calls.get("copy", 0)
    reads = 2 + calls.get("head", 0) + calls.get("fetch", 0)
    measured = "docs/measurements/costs.json"
    return [
        Limit(
            "decisions of one organization",
            front["settle_seconds"],
            1.0,
            "seconds of the settling transaction of one decision, which holds the rows of the job and of the accounts "
            f"({measured}: a tenth of them took no longer, since the machine was busy with other work); one second a "
            "second",
            "decisions of a job that wait for each other are settled in groups, for which this figure does not allow; "
            "several jobs do not help, since they share the accounts: give the organization's divisions "
            "organizations of their own",
        ),
        Limit(
            "processor of one dispatcher process",
            front["of_it_background"],
            1.0,
            f"core-seconds of the background loops ({measured}); one core a process",
            "`background.min_replicas`: they share the queue by SKIP LOCKED",
        ),
        Limit(
            "processor of one API process",
            front["of_it_api"],
            1.0,
            f"core-seconds of accepting, signing and submitting ({measured}); one core a process",
            "`api.replicas`",
        ),
        Limit(
            "transactions of one Postgres",
            front["transactions"],
            10_000.0,
            f"committed transactions ({measured}); 10,000 a second is assumed of one primary with NVMe and 16 cores",
            "a primary for each region or group of organizations; nothing joins across organizations",
        ),
        Limit(
            "log of one Postgres",
            front["wal_bytes"],
            250e6,
            f"bytes of write-ahead log ({measured}); 250 MB a second is assumed of one volume and one replica",
            "the same; annotations in the object store rather than in rows halve it at most",
        ),
        Limit(
            "writes to one bucket prefix",
            writes,
            3_500.0,
            f"uploads and deliveries ({measured}, and the worker's own PUT); 3,500 a second is what S3 documents",
            "a bucket for each organization; S3 also splits prefixes by itself under lasting load",
        ),
        Limit(
            "reads of one bucket prefix",
            reads,
            5_500.0,
            f"HEAD and GET ({measured}, the decoder's GET and the client's); 5,500 a second is what S3 documents",
            "the same; downloads can go through a CDN, whose URLs the store signs",
        ),
    ]


def _stable(rate: float, capacity: float) -> float:
    """At capacity itself Erlang's wait is infinite; there the fluid says more."""
    return min(rate, 0.999 * capacity)


def _backlog(rates: NDArray[np.float64], capacity: float) -> NDArray[np.float64]:
    """Submissions that wait at the end of each step, on the last of several days that are alike."""
    step_seconds = DAY_SECONDS / len(rates)
    queued, found = 0.0, np.zeros(len(rates))
    for _ in range(DAYS):
        for index, rate in enumerate(rates):
            queued = max(0.0, queued + (rate - capacity) * step_seconds)
            found[index] = queued
    return found
