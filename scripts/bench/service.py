"""The whole service over HTTP against its own engine, the plain ensemble, LitServe and a naive service.

Every way gets the same files in the same order. They are all open at once and take turns, but for the naive one; whose
turn it is has the machine for itself, since the processes of the others stand still.
"""

import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import numpy as np
import psutil

from pipeline.result import ScoreRequest
from scripts.bench.engine_process import engine_process
from scripts.bench.families import Family, only
from scripts.bench.mixed import MixedFile, mixed_files
from scripts.bench.plain import PlainEnsemble
from scripts.bench.service_client import UNLIMITED, ServiceClient
from scripts.bench.service_rivals import LitServe, Naive, started
from scripts.demo_stack import running_stack

AT_ONCE = 16
"""Requests under way at a time."""
LITSERVE_BATCHES = (2, 8)
"""A batch of one is none: LitServe then calls a model without its list."""
OURS = "our service over HTTP"

Row = dict[str, Any]
Burst = Callable[[], Awaitable[float]]
"""Scores all files and says how many seconds that took."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to serve the files."""

    burst: Burst
    family: Family | None = None
    """Of processes that serve it, where it is not this one."""


@dataclass(frozen=True, slots=True)
class ServiceReport:
    """What one run found."""

    throughput: list[Row]
    latency: list[Row]


async def run(eval_dir: Path, files: int, rounds: int, naive_files: int) -> ServiceReport:
    """Files a second of every way, and how long a file takes at half load.

    Args:
        eval_dir: the evaluation set, whose media are used.
        files: of the mix, in each round.
        rounds: over the files, in which the ways take turns, after one to warm up; the medians count.
        naive_files: the naive service gets so many of them, once, with everything else closed: the ratio to it is less
            than it would be side by side. Without any it is left out.
    """
    with tempfile.TemporaryDirectory(prefix="assay-bench-", ignore_cleanup_errors=True) as folder:
        mix = mixed_files(eval_dir, Path(folder), files)
        with ExitStack() as open_ways:
            before = psutil.Process().children()
            url = open_ways.enter_context(running_stack(Path(folder) / "state", "embedded", print, **UNLIMITED))
            stack = Family.since(before)
            async with ServiceClient.signed_up(url) as client:
                ways = {OURS: Way(partial(client.burst, mix, AT_ONCE), stack)}
                latency = await _latency(client, mix)  # before there is anything else to disturb it
                ways |= _others(open_ways, mix)
                taken = await _in_turns(ways, files, rounds)
        rows = [_row(way, files, taken) for way in ways]
        if naive_files:
            with started(Naive.module, Naive.health) as server:
                rate = naive_files / await Naive(server.url).burst(mix[:naive_files], AT_ONCE)
            against = rows[0]["files_per_second"] / rate
            rows.append({"way": "naive FastAPI service", "files_per_second": rate} | _ratios([against]))
    return ServiceReport(rows, latency)


def _others(open_ways: ExitStack, mix: Sequence[MixedFile]) -> dict[str, Way]:
    """Our engine without its front end, the models in a plain loop, and LitServe; they stay open with the stack."""
    engine = open_ways.enter_context(engine_process(mix))
    ways = {
        "our engine on Ray Serve": Way(engine.burst, engine.family),
        "bare optimised loop": Way(partial(_score_by, PlainEnsemble(), mix)),
    }
    for size in LITSERVE_BATCHES:
        server = open_ways.enter_context(started(LitServe.module, LitServe.health, str(size)))
        ways[f"LitServe, batches of {size}"] = Way(partial(LitServe(server.url).burst, mix, AT_ONCE), server.family)
    return ways


async def _in_turns(ways: Mapping[str, Way], files: int, rounds: int) -> list[dict[str, float]]:
    """Seconds of each way in each round. The order is drawn anew for each, so that none always follows the same."""
    families = [way.family for way in ways.values() if way.family is not None]

    async def seconds_of(way: Way) -> float:
        async with only(way.family, families):
            return await way.burst()

    for way in ways.values():
        await seconds_of(way)
    taken: list[dict[str, float]] = []
    for number in range(rounds):
        order = Random(number).sample(list(ways), len(ways))
        taken.append({name: await seconds_of(ways[name]) for name in order})
        print("files a second:", {name: round(files / taken[-1][name], 2) for name in ways}, flush=True)
    return taken


def _row(way: str, files: int, taken: Sequence[Mapping[str, float]]) -> Row:
    """Of a way: the median of its rounds, and of what ours did against it within each.

    The machine's other tenants make it a tenth slower or faster from minute to minute, which a ratio within a round
    knows least of.
    """
    rate = files / median(seconds[way] for seconds in taken)
    return {"way": way, "files_per_second": rate} | _ratios([seconds[way] / seconds[OURS] for seconds in taken])


def _ratios(ratios: Sequence[float]) -> Row:
    return {"ours_against_it": median(ratios), "lowest": min(ratios), "highest": max(ratios)}


async def _latency(client: ServiceClient, mix: Sequence[MixedFile]) -> list[Row]:
    """Of files that are alone, and of those that come at half of the rate that the service can take."""
    await client.burst(mix, AT_ONCE)
    rate = len(mix) / await client.burst(mix, AT_ONCE)
    alone = [await client.alone(file) for file in mix]
    loads = {"alone": alone, "half load": await client.at_rate(mix, rate / 2)}
    rows = [{"load": load} | _percentiles(seconds, alone) for load, seconds in loads.items()]
    print(rows, flush=True)
    return rows


def _percentiles(seconds: Sequence[float], alone: Sequence[float]) -> Row:
    p50, p95 = (float(np.percentile(seconds, share)) for share in (50, 95))
    return {"p50_seconds": p50, "p95_seconds": p95, "p95_against_alone": p95 / float(np.percentile(alone, 95))}


async def _score_by(ensemble: PlainEnsemble, mix: Sequence[MixedFile]) -> float:
    begun = time.perf_counter()
    for file in mix:
        await ensemble.score([ScoreRequest(file.path, file.brief)])
    return time.perf_counter() - begun
