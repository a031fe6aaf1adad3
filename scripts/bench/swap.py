"""A swap of weights while submissions arrive: what fails, and how long they take, with it and without."""

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np

from configs.settings import ModelSettings, Settings, load_settings
from pipeline.brief import JobBrief
from pipeline.result import ScoreRequest
from scripts.sample_media import generated, sample_media
from serve.client import RayEngine
from serve.errors import EngineError
from serve.samples import samples_of
from serve.swapping import reload

CHANGES: dict[str, dict[str, Any]] = {
    "detector": {"precision": "f32"},
    "speech": {"weights": "whisper-tiny-en"},
    "text": {"backend": "easyocr", "weights": "easyocr-en", "options": {}},
}
"""Other weights or numbers for each role, out of what the packages ship. Where `auto` is f32 already, the detector is
swapped all the same, but its answers do not tell which replica they are of."""
CAPACITY_SECONDS = 12.0
SWAP_SECONDS = 90.0
"""Longer than a swap takes: for so long the same submissions arrive without one."""
IN_FLIGHT = 4
BRIEF = JobBrief(description="Take a clear photo of a menu, or read a sentence aloud.")
WITHOUT = "the same without"


@dataclass(slots=True)
class Traffic:
    """Submissions that arrive by themselves, whether the engine keeps up or not.

    By chance several arrive at once, and wait for each other. So that all that is compared meets the same, each run has
    the same ones at the same times.
    """

    engine: RayEngine
    files: Sequence[Path]
    rate: float
    """Arrivals a second, Poisson."""
    answered: list[tuple[float, float, str]] = field(default_factory=list)
    """Seconds from the start to the arrival and from there to the answer, names and numbers of who spoke."""
    failed: list[str] = field(default_factory=list)

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop, and all have their answers."""
        chance, started, at = random.Random(5), time.perf_counter(), 0.0
        async with asyncio.TaskGroup() as submissions:
            for path in cycle(self.files):
                at += chance.expovariate(self.rate)
                await asyncio.sleep(max(0.0, started + at - time.perf_counter()))
                if stop.is_set():
                    return
                submissions.create_task(self._submit(path, at))

    async def _submit(self, path: Path, arrived: float) -> None:
        begun = time.perf_counter()
        try:
            result = await self.engine.score(ScoreRequest(path, BRIEF))
        except EngineError as error:
            self.failed.append(f"{type(error).__name__}: {error}")
            return
        spoke = " ".join(f"{model.role}={model.name}/{model.precision}" for model in result.models)
        self.answered.append((arrived, time.perf_counter() - begun, spoke))

    def latencies(self, start: float, end: float) -> list[float]:
        """Seconds of the submissions that arrived then."""
        return [took for arrived, took, _ in self.answered if start <= arrived < end]


@dataclass(frozen=True, slots=True)
class Swap:
    """What one swap did, by phase."""

    seconds: dict[str, float]
    """How long the phase was."""
    latencies: dict[str, list[float]]
    """Seconds to the answer of the submissions that arrived in it."""
    rate: float
    failed: int
    stale: int
    """Answers after the swap that name the old weights."""

    def rows(self, name: str) -> list[dict[str, Any]]:
        """One for each phase; the first is what the others are compared with."""
        percentiles = {
            phase: np.percentile(seconds, (50, 95)) if seconds else np.array([np.nan, np.nan])
            for phase, seconds in self.latencies.items()
        }
        return [
            {
                "swap": name,
                "phase": phase,
                "seconds": self.seconds[phase],
                "submissions": len(self.latencies[phase]),
                "p50_ms": float(p50) * 1000,
                "p95_ms": float(p95) * 1000,
                "p95_over_without": float(p95 / percentiles[WITHOUT][1]),
                "arrivals_per_second": self.rate,
                "failed": self.failed,
                "named_old_weights_after": self.stale,
            }
            for phase, (p50, p95) in percentiles.items()
        ]


def run(roles: Sequence[str], load: float, seconds: float, repeat: int) -> list[dict[str, Any]]:
    """Swap the roles and back again, under a share of what the engine can do.

    What arrived during a swap is compared with the same submissions without one, which come first.
    """
    return asyncio.run(_run(roles, load, seconds, repeat))


async def _run(roles: Sequence[str], load: float, seconds: float, repeat: int) -> list[dict[str, Any]]:
    settings = load_settings("embedded")
    other = changed(settings, roles)
    samples = samples_of(sample_media(None, settings.decode))
    engine = RayEngine(settings)
    with tempfile.TemporaryDirectory() as folder:
        files = list(_written(Path(folder)))
        await engine.start()
        try:
            await _capacity(engine, files)  # every shape has been met once
            rate = load * await _capacity(engine, files)
            swaps = []
            for number in range(repeat):
                wanted = other if number % 2 == 0 else settings
                swaps.append(await _one(Traffic(engine, files, rate), wanted, samples, seconds, roles))
            return _rows(swaps, roles)
        finally:
            await engine.close()


async def _one(traffic: Traffic, wanted: Settings, samples: Any, seconds: float, roles: Sequence[str]) -> Swap:
    without = Traffic(traffic.engine, traffic.files, traffic.rate)
    async with _arriving(without):
        await asyncio.sleep(seconds + SWAP_SECONDS)
    async with _arriving(traffic):
        started = time.perf_counter()
        await asyncio.sleep(seconds)
        swap = time.perf_counter() - started
        await reload(wanted, samples, lambda step: None, min_agreement=0.0)
        swapped = time.perf_counter() - started
        if swapped - swap > SWAP_SECONDS:
            raise TimeoutError(f"the swap took {swapped - swap:.0f} s: there is nothing to compare its end with")
        await asyncio.sleep(seconds)
        over = time.perf_counter() - started
    late = {said for arrived, _, said in traffic.answered if arrived >= swapped}
    names = {role: (await traffic.engine.identities())[role] for role in wanted.models if role in roles}
    stale = sum(
        f"{role}={one.name}/{one.precision}" not in said and f"{role}=" in said
        for said in late
        for role, one in names.items()
    )
    phases = {"before": (0.0, swap), "during": (swap, swapped), "after": (swapped, over)}
    return Swap(
        {WITHOUT: swapped - swap} | {phase: end - start for phase, (start, end) in phases.items()},
        {WITHOUT: without.latencies(swap, swapped)}
        | {phase: traffic.latencies(*span) for phase, span in phases.items()},
        traffic.rate,
        len(traffic.failed),
        stale,
    )


@asynccontextmanager
async def _arriving(traffic: Traffic) -> AsyncIterator[None]:
    """The traffic flows while the block runs, and has its answers after it."""
    stop = asyncio.Event()
    arriving = asyncio.create_task(traffic.run(stop))
    try:
        yield
    finally:
        stop.set()
        await arriving


def _rows(swaps: Sequence[Swap], roles: Sequence[str]) -> list[dict[str, Any]]:
    """Each swap, then all of them together: a phase of one swap has too few submissions for its 95th percentile."""
    rows = [row for number, swap in enumerate(swaps, 1) for row in swap.rows(f"{number}: {','.join(roles)}")]
    together = Swap(
        {phase: sum(swap.seconds[phase] for swap in swaps) for phase in swaps[0].seconds},
        {phase: [one for swap in swaps for one in swap.latencies[phase]] for phase in swaps[0].latencies},
        swaps[0].rate,
        sum(swap.failed for swap in swaps),
        sum(swap.stale for swap in swaps),
    )
    return rows + together.rows("all")


def changed(settings: Settings, roles: Sequence[str]) -> Settings:
    """The settings with other weights for the roles."""
    models = {
        role: ModelSettings.model_validate({**dict(model), **CHANGES[role]}) if role in roles else model
        for role, model in settings.models.items()
    }
    return settings.model_copy(update={"models": models})


def _written(folder: Path) -> list[Path]:
    paths = []
    for number, content in enumerate(generated()):
        paths.append(folder / f"{number}")
        paths[-1].write_bytes(content)
    return paths


async def _capacity(engine: RayEngine, files: Sequence[Path]) -> float:
    """Submissions a second that the engine can do, with enough under way to fill it."""
    scored = 0
    started = time.perf_counter()

    async def client(offset: int) -> None:
        nonlocal scored
        index = offset
        while time.perf_counter() - started < CAPACITY_SECONDS:
            await engine.score(ScoreRequest(files[index % len(files)], BRIEF))
            scored += 1
            index += 1

    await asyncio.gather(*(client(offset) for offset in range(IN_FLIGHT)))
    return scored / (time.perf_counter() - started)
