"""The whole service over HTTP against its own engine, the plain ensemble, LitServe and a naive service.

Every way gets the same files in the same order. They are all open at once and take turns, but for the naive one.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from configs.settings import load_settings
from pipeline.result import ScoreRequest
from scripts.bench.mixed import MixedFile, mixed_files
from scripts.bench.plain import PlainEnsemble
from scripts.bench.service_client import UNLIMITED, ServiceClient
from scripts.bench.service_rivals import LitServe, Naive, Rival, Server, started
from scripts.demo_stack import running_stack
from serve.client import RayEngine

AT_ONCE = 16
"""Requests under way at a time."""
LITSERVE_BATCHES = (2, 8)
"""A batch of one is none: LitServe then calls a model without its list."""
OURS = "our service over HTTP"

Row = dict[str, Any]
Burst = Callable[[], Awaitable[float]]
"""Scores all files and says how many seconds that took."""


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
        rounds: over the files, in which the ways take turns, after one to warm up; the median counts.
        naive_files: the naive service gets so many of them, once, with everything else closed: the ratio to it is less
            than it would be side by side. Without any it is left out.
    """
    with tempfile.TemporaryDirectory(prefix="assay-bench-", ignore_cleanup_errors=True) as folder:
        mix = mixed_files(eval_dir, Path(folder), files)
        async with AsyncExitStack() as open_ways:
            url = open_ways.enter_context(running_stack(Path(folder) / "state", "embedded", print, **UNLIMITED))
            client = await open_ways.enter_async_context(ServiceClient.signed_up(url))
            ways: dict[str, Burst] = {OURS: partial(client.burst, mix, AT_ONCE)}
            latency = await _latency(client, mix, ways[OURS])  # before there is anything else to disturb it
            ways |= await _others(open_ways, mix)
            rates = await _in_turns(ways, files, rounds)
        if naive_files:
            with started(Naive.module, Naive.health) as server:
                seconds = await Naive(server.url).burst(mix[:naive_files], AT_ONCE)
            rates["naive FastAPI service"] = naive_files / seconds
    rows = [
        {"way": way, "files_per_second": rate, "ours_against_it": rates[OURS] / rate} for way, rate in rates.items()
    ]
    return ServiceReport(rows, latency)


async def _others(open_ways: AsyncExitStack, mix: Sequence[MixedFile]) -> dict[str, Burst]:
    """Our engine without its front end, the models in a plain loop, and LitServe; they stay open with the stack."""
    engine, ensemble = RayEngine(load_settings("embedded")), PlainEnsemble()
    open_ways.push_async_callback(engine.close)
    await engine.start()
    ways: dict[str, Burst] = {
        "our engine on Ray Serve": partial(_score_on, engine, mix),
        "bare optimised loop": partial(_score_by, ensemble, mix),
    }
    for size in LITSERVE_BATCHES:
        server = open_ways.enter_context(started(LitServe.module, LitServe.health, str(size)))
        ways[f"LitServe, batches of {size}"] = partial(_asked, server, LitServe(server.url), mix)
        server.pause()
    return ways


async def _asked(server: Server, rival: Rival, mix: Sequence[MixedFile]) -> float:
    with server.resumed():
        return await rival.burst(mix, AT_ONCE)


async def _in_turns(ways: Mapping[str, Burst], files: int, rounds: int) -> dict[str, float]:
    """Files a second of each way: the median of its rounds, all of which met the same machine."""
    for burst in ways.values():
        await burst()
    taken = []
    for _ in range(rounds):
        taken.append({way: await burst() for way, burst in ways.items()})
        print("files a second:", {way: round(files / seconds, 2) for way, seconds in taken[-1].items()}, flush=True)
    return {way: files / median(each[way] for each in taken) for way in ways}


async def _latency(client: ServiceClient, mix: Sequence[MixedFile], burst: Burst) -> list[Row]:
    """Of files that are alone, and of those that come at half of the rate that the service can take."""
    await burst()
    rate = len(mix) / await burst()
    alone = [await client.alone(file) for file in mix]
    loads = {"alone": alone, "half load": await client.at_rate(mix, rate / 2)}
    rows = [{"load": load} | _percentiles(seconds, alone) for load, seconds in loads.items()]
    print(rows, flush=True)
    return rows


def _percentiles(seconds: Sequence[float], alone: Sequence[float]) -> Row:
    p50, p95 = (float(np.percentile(seconds, share)) for share in (50, 95))
    return {"p50_seconds": p50, "p95_seconds": p95, "p95_against_alone": p95 / float(np.percentile(alone, 95))}


async def _score_on(engine: RayEngine, mix: Sequence[MixedFile]) -> float:
    """As many files under way as the dispatcher would have."""
    places = asyncio.Semaphore(load_settings("embedded").dispatcher.concurrency)

    async def score(file: MixedFile) -> None:
        async with places:
            await engine.score(ScoreRequest(file.path, file.brief))

    begun = time.perf_counter()
    await asyncio.gather(*map(score, mix))
    return time.perf_counter() - begun


async def _score_by(ensemble: PlainEnsemble, mix: Sequence[MixedFile]) -> float:
    begun = time.perf_counter()
    for file in mix:
        await ensemble.score([ScoreRequest(file.path, file.brief)])
    return time.perf_counter() - begun
