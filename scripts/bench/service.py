"""The whole service over HTTP against its own engine, the plain ensemble, LitServe and a naive service.

Every way gets the same files in the same order, one way after the other; a ratio is of two ways in one run.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from configs.settings import load_settings
from pipeline.result import ScoreRequest
from scripts.bench.mixed import MixedFile, mixed_files
from scripts.bench.plain import PlainEnsemble
from scripts.bench.service_client import UNLIMITED, ServiceClient
from scripts.bench.service_rivals import LitServe, Naive, Rival, started
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


def run(eval_dir: Path, files: int, rounds: int, naive_files: int) -> ServiceReport:
    """Files a second of every way, and how long a file takes at half load.

    Args:
        eval_dir: the evaluation set, whose media are used.
        files: of the mix, in each round.
        rounds: over the files, after one to warm up; the median counts.
        naive_files: the naive service gets so many of them, once.
    """
    with tempfile.TemporaryDirectory(prefix="assay-bench-", ignore_cleanup_errors=True) as folder:
        mix = mixed_files(eval_dir, Path(folder), files)
        with running_stack(Path(folder) / "state", "embedded", print, **UNLIMITED) as url:
            rates, latency = asyncio.run(_ours(url, mix, rounds))
        rates["our engine on Ray Serve"] = asyncio.run(_engine(mix, rounds))
        rates["bare optimised loop"] = asyncio.run(_plain(mix, rounds))
        for size in LITSERVE_BATCHES:
            with started(LitServe.module, LitServe.health, str(size)) as url:
                rates[f"LitServe, batches of {size}"] = asyncio.run(_rival(LitServe(url), mix, rounds))
        with started(Naive.module, Naive.health) as url:
            rates["naive FastAPI service"] = asyncio.run(_rival(Naive(url), mix[:naive_files], 0))
    rows = [
        {"way": way, "files_per_second": rate, "ours_against_it": rates[OURS] / rate} for way, rate in rates.items()
    ]
    return ServiceReport(rows, latency)


async def _rate(burst: Burst, files: int, rounds: int) -> float:
    """Files a second: the median of the rounds, or the first one when there are none besides."""
    first = await burst()
    return files / median([await burst() for _ in range(rounds)] or [first])


async def _ours(url: str, mix: Sequence[MixedFile], rounds: int) -> tuple[dict[str, float], list[Row]]:
    async with ServiceClient.signed_up(url) as client:
        rate = await _rate(lambda: client.burst(mix, AT_ONCE), len(mix), rounds)
        alone = [await client.alone(file) for file in mix]
        loads = {"alone": alone, "half load": await client.at_rate(mix, rate / 2)}
    rows = [{"load": load} | _percentiles(seconds, alone) for load, seconds in loads.items()]
    return {OURS: rate}, rows


def _percentiles(seconds: Sequence[float], alone: Sequence[float]) -> Row:
    p50, p95 = (float(np.percentile(seconds, share)) for share in (50, 95))
    return {"p50_seconds": p50, "p95_seconds": p95, "p95_against_alone": p95 / float(np.percentile(alone, 95))}


async def _engine(mix: Sequence[MixedFile], rounds: int) -> float:
    """As many files under way as the dispatcher would have."""
    settings = load_settings("embedded")
    places = asyncio.Semaphore(settings.dispatcher.concurrency)
    engine = RayEngine(settings)
    await engine.start()

    async def score(file: MixedFile) -> None:
        async with places:
            await engine.score(ScoreRequest(file.path, file.brief))

    async def burst() -> float:
        begun = time.perf_counter()
        await asyncio.gather(*map(score, mix))
        return time.perf_counter() - begun

    try:
        return await _rate(burst, len(mix), rounds)
    finally:
        await engine.close()


async def _plain(mix: Sequence[MixedFile], rounds: int) -> float:
    ensemble = PlainEnsemble()

    async def burst() -> float:
        begun = time.perf_counter()
        for file in mix:
            await ensemble.score([ScoreRequest(file.path, file.brief)])
        return time.perf_counter() - begun

    return await _rate(burst, len(mix), rounds)


async def _rival(rival: Rival, mix: Sequence[MixedFile], rounds: int) -> float:
    return await _rate(lambda: rival.burst(mix, AT_ONCE), len(mix), rounds)
