"""A swap of weights while submissions arrive: what fails, and how long they take before, during and after it."""

import asyncio
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
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
IN_FLIGHT = 4
BRIEF = JobBrief(description="Take a clear photo of a menu, or read a sentence aloud.")


@dataclass(slots=True)
class Traffic:
    """Submissions that arrive by themselves, whether the engine keeps up or not."""

    engine: RayEngine
    files: Sequence[Path]
    rate: float
    """Arrivals a second, Poisson."""
    answered: list[tuple[float, float, str]] = field(default_factory=list)
    """Arrival on the clock, seconds to the answer, names and numbers of the models that spoke."""
    failed: list[str] = field(default_factory=list)

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop, and all have their answers."""
        chance = random.Random(5)
        async with asyncio.TaskGroup() as submissions:
            number = 0
            while not stop.is_set():
                submissions.create_task(self._submit(self.files[number % len(self.files)]))
                number += 1
                await asyncio.sleep(chance.expovariate(self.rate))

    async def _submit(self, path: Path) -> None:
        arrived = time.perf_counter()
        try:
            result = await self.engine.score(ScoreRequest(path, BRIEF))
        except EngineError as error:
            self.failed.append(f"{type(error).__name__}: {error}")
            return
        spoke = " ".join(f"{model.role}={model.name}/{model.precision}" for model in result.models)
        self.answered.append((arrived, time.perf_counter() - arrived, spoke))

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
        """One for each phase."""
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
                "p95_over_before": float(p95 / percentiles["before"][1]),
                "arrivals_per_second": self.rate,
                "failed": self.failed,
                "named_old_weights_after": self.stale,
            }
            for phase, (p50, p95) in percentiles.items()
        ]


def run(roles: Sequence[str], load: float, seconds: float, repeat: int) -> list[dict[str, Any]]:
    """Swap the roles and back again, under a share of what the engine can do, and compare the phases."""
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
    stop = asyncio.Event()
    arriving = asyncio.create_task(traffic.run(stop))
    started = time.perf_counter()
    await asyncio.sleep(seconds)
    swap = time.perf_counter()
    await reload(wanted, samples, lambda step: None, min_agreement=0.0)
    swapped = time.perf_counter()
    await asyncio.sleep(seconds)
    over = time.perf_counter()
    stop.set()
    await arriving
    late = {said for arrived, _, said in traffic.answered if arrived >= swapped}
    names = {role: (await traffic.engine.identities())[role] for role in wanted.models if role in roles}
    stale = sum(
        f"{role}={one.name}/{one.precision}" not in said and f"{role}=" in said
        for said in late
        for role, one in names.items()
    )
    phases = {"before": (started, swap), "during": (swap, swapped), "after": (swapped, over)}
    return Swap(
        {phase: end - start for phase, (start, end) in phases.items()},
        {phase: traffic.latencies(*span) for phase, span in phases.items()},
        traffic.rate,
        len(traffic.failed),
        stale,
    )


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
