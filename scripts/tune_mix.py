"""What a model that was found faster by itself does for the whole engine, where all models share the machine.

Both ways are loaded in one engine and take turns over the same files, so that what else the machine does meets both.
"""

import asyncio
import multiprocessing
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import psutil

from configs.settings import ModelSettings, Role, Settings
from pipeline.brief import JobBrief
from pipeline.result import ScoreRequest
from scripts.tune_profile import spread
from scripts.tune_search import Effort, Way
from serve.client import Engine, RayEngine
from serve.errors import EngineUnavailable
from serve.live import APP_NAME, Live
from serve.progress import silent

STOP_SECONDS = 60.0
ROUNDS, QUICK_ROUNDS = 5, 1
BURST = 5.0
"""A burst takes so many times as long as one measurement of a model by itself."""
BRIEF = JobBrief(description="Take a clear photo, or record yourself reading aloud.")
"""No wish of a job keeps a model from being asked."""

OnStep = Callable[[str], None]

ENGINE_BYTES = 4 << 30
"""Of a whole engine (`docs/measurements/service-soak-memory.json`)."""
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Mix:
    """What the engine is measured with."""

    settings: Settings
    """Of the profile."""
    ways: Mapping[Role, Way]
    """Models that were found faster by themselves, each of which is tried by itself in the engine."""
    sources: Sequence[Path | bytes]
    """Files, or their contents; every one is scored."""
    effort: Effort


def why_no_mix() -> str | None:
    """Why no engine of our own can be started; `None` when one can."""
    if "RAY_ADDRESS" in os.environ:
        return "RAY_ADDRESS names a cluster, whose engine is at work"
    free_bytes = psutil.virtual_memory().available
    if free_bytes < ENGINE_BYTES:
        return f"{free_bytes / 2**30:.1f} GiB of memory are free, and an engine beside what runs takes up to 4"
    return None


def gains_in_the_mix(mix: Mix, on_step: OnStep) -> dict[Role, float]:
    """Files a second of the whole engine with one model changed, over that of the profile: the median of the rounds.

    The engine runs in a process of its own, and ends with it: a Ray that this process had joined would keep it from
    joining another.

    Raises:
        EngineUnavailable: an engine does not come up, or fails on a file; the message says why.
    """
    ours, its = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_run, args=(its, mix))
    process.start()
    its.close()
    try:
        while isinstance(said := ours.recv(), str):
            on_step(said)
    except EOFError:
        raise EngineUnavailable("the process of the engine ended") from None
    finally:
        process.join(STOP_SECONDS)
        process.kill()
    if isinstance(said, EngineUnavailable):
        raise said
    gains: dict[Role, float] = said
    return gains


async def score_all(engine: Engine, requests: Sequence[ScoreRequest], at_once: int) -> float:
    """Seconds for all of the files, so many of them under way at a time."""
    places = asyncio.Semaphore(at_once)

    async def score(request: ScoreRequest) -> None:
        async with places:
            await engine.score(request)

    started_seconds = time.perf_counter()
    await asyncio.gather(*map(score, requests))
    return time.perf_counter() - started_seconds


def _model(way: Way) -> ModelSettings:
    """The way as a profile would have it, its processes as replicas."""
    replicas = way.model.replicas.model_copy(update=spread(way.model.replicas, way.replicas))
    return way.model.model_copy(update={"replicas": replicas})


def _run(end: Connection, mix: Mix) -> None:
    """The process."""
    try:
        end.send(asyncio.run(_gains(mix, end.send)))
    except Exception as error:  # noqa: BLE001  the parent says it
        end.send(EngineUnavailable(f"{type(error).__name__}: {error}"))


async def _gains(mix: Mix, on_step: OnStep) -> dict[Role, float]:
    from serve.app import deploy_beside
    from serve.live import current
    from serve.swapping import LOAD_SECONDS

    engine = RayEngine(mix.settings)
    await engine.start(on_step)
    try:
        profile = await asyncio.to_thread(current)
        sides = {role: _with(profile, role, _model(way)) for role, way in mix.ways.items()}
        for role, side in sides.items():
            on_step(f"loading {role} as found beside")
            await asyncio.to_thread(deploy_beside, side, [role], silent, LOAD_SECONDS)
        return await _in_turns(engine, profile, sides, mix, on_step)
    finally:
        await engine.close()


async def _in_turns(
    engine: Engine, profile: Live, sides: Mapping[Role, Live], mix: Mix, on_step: OnStep
) -> dict[Role, float]:
    """A lap over the files to warm each side up, then rounds in which every side has its turn."""
    from serve.swapping import take

    lap = [ScoreRequest(source, BRIEF) for source in mix.sources]

    async def seconds_of(side: Live, laps: int) -> float:
        await take(side, silent)
        return await score_all(engine, lap * laps, mix.settings.dispatcher.concurrency)

    on_step("a lap over the files")
    for side in sides.values():
        await seconds_of(side, 1)
    laps = max(1, round(BURST * mix.effort.seconds / await seconds_of(profile, 1)))
    ratios: dict[Role, list[float]] = {role: [] for role in sides}
    rounds = QUICK_ROUNDS if mix.effort.quick else ROUNDS
    for turn in range(1, rounds + 1):
        on_step(f"the profile's models, round {turn} of {rounds}")
        before = await seconds_of(profile, laps)
        for role, side in sides.items():
            on_step(f"{role} as found, round {turn} of {rounds}")
            ratios[role].append(before / await seconds_of(side, laps))
    return {role: median(taken) for role, taken in ratios.items()}


def _with(profile: Live, role: Role, model: ModelSettings) -> Live:
    """The engine with another model, in an application of its own even where only its batches differ."""
    models = profile.settings.models | {role: model}
    return profile.model_copy(
        update={
            "settings": profile.settings.model_copy(update={"models": models}),
            "applications": profile.applications | {role: f"{APP_NAME}-{role}-found"},
        }
    )
