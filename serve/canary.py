"""A candidate on a share of the traffic, before anybody decides to take it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.settings import ModelSettings, Role
from models.outputs import ModelIdentity
from serve.app import ask_all, model_handle, scorer_handle
from serve.changes import change
from serve.lease import lease
from serve.live import Live, Trial, current
from serve.loading import encoder_of
from serve.progress import Progress
from serve.samples import Comparison, Samples
from serve.swapping import SWAP, Refused, clear_leftovers, drain, load_beside
from serve.trial import Compared

POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """What is tried, and for how long."""

    role: Role
    share: float
    submissions: int
    timeout_seconds: float
    """After which the trial ends with what it has seen."""
    registry: Path | None = None
    """Where the candidate's weights are declared; where those that serve are, when left out."""


@dataclass(frozen=True, slots=True)
class CanaryReport:
    """What a share of the traffic said about a candidate."""

    identity: ModelIdentity
    candidate: ModelIdentity
    on_samples: Comparison
    compared: tuple[Compared, ...]
    run_seconds: float | None
    """Time inside the model for one item during the trial; `None` if it got none."""
    candidate_run_seconds: float | None


def candidate_of(live: Live, role: Role, chosen: ModelSettings, registry: Path | None = None) -> Live:
    """The running engine with another model in one role.

    Raises:
        Refused: it is the one that serves already.
        models.weights.WeightsMissing: nothing is declared under the name of its weights.
    """
    # By itself: what serves in other roles may be declared elsewhere.
    alone = {"models": {role: chosen}, "weights": registry or live.settings.weights}
    found = Live.of(live.settings.model_copy(update=alone), live.code)
    if live.applications.get(role) == found.applications[role]:
        raise Refused(f"{role}: {chosen.weights}, {chosen.backend}, {chosen.precision} is what serves already")
    wanted = live.replacing(role, found)
    encoder_of(wanted.settings, live.rubric)
    return wanted


async def run_canary(
    plan: Plan,
    choose: Callable[[ModelSettings], ModelSettings],
    samples: Samples,
    on_progress: Progress,
    on_compared: Callable[[int], None],
    promotes: Callable[[CanaryReport], bool],
) -> CanaryReport:
    """Load a candidate, score a share of the submissions a second time with it, and take it or let it go.

    Args:
        choose: makes the candidate out of what serves now.
        samples: what it has to answer before.
        on_compared: gets the number of submissions scored twice.
        promotes: whether the candidate is taken.

    Raises:
        Refused: the candidate does not load, answers the samples wrongly, or is what serves already.
        EngineUnavailable: no engine runs, or another swap is under way.
    """
    role = plan.role
    async with lease(SWAP, wait_seconds=1.0):
        before = await clear_leftovers()
        if role not in before.settings.models:
            raise Refused(f"the engine has no {role}")
        wanted = candidate_of(before, role, choose(before.settings.models[role]), plan.registry)
        (on_samples,) = await load_beside(before, wanted, [role], samples, on_progress, min_agreement=0.0)
        names = before.applications[role], wanted.applications[role]
        try:
            report = await _watch(plan, wanted, names, on_samples, on_compared)
            if promotes(report):
                await _promote(wanted, role)
                await drain(before.applications.values(), wanted, on_progress)
        finally:
            await _end(names[1], on_progress)
    return report


async def _watch(
    plan: Plan, wanted: Live, names: tuple[str, str], on_samples: Comparison, on_compared: Callable[[int], None]
) -> CanaryReport:
    chosen = wanted.settings.models[plan.role]
    handles = [model_handle(plan.role, name) for name in names]
    trial = Trial(role=plan.role, model=chosen, application=names[1], share=plan.share, submissions=plan.submissions)
    before = [await _spent(handle) for handle in handles]
    await change(lambda now: now.model_copy(update={"trial": trial}))
    give_up_at = time.monotonic() + plan.timeout_seconds
    while len(compared := await _compared()) < plan.submissions and time.monotonic() < give_up_at:
        on_compared(len(compared))
        if await _is_told_to_stop():
            break
    on_compared(len(compared))
    after = [await _spent(handle) for handle in handles]
    identity, candidate = [await handle.identity.remote() for handle in handles]
    run_seconds, candidate_seconds = [_per_item(*spent) for spent in zip(before, after, strict=True)]
    seen = tuple(compared[: plan.submissions])
    return CanaryReport(identity, candidate, on_samples, seen, run_seconds, candidate_seconds)


async def _is_told_to_stop() -> bool:
    """Wait for a moment. Ctrl-C ends a trial with what it has seen."""
    try:
        await asyncio.sleep(POLL_SECONDS)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        assert task is not None
        task.uncancel()
        return True
    return False


async def _promote(wanted: Live, role: Role) -> None:
    """The candidate in its role; batches changed meanwhile stay."""

    await change(lambda now: now.replacing(role, wanted).model_copy(update={"trial": None}), [role])


async def _end(candidate: str, on_progress: Progress) -> None:
    """Nothing of the trial stays, unless the candidate was taken."""
    live = await asyncio.to_thread(current)
    if live.trial is not None:
        live = await change(lambda now: now.model_copy(update={"trial": None}))
    if candidate not in live.applications.values():
        await drain([candidate], live, on_progress)


async def _compared() -> list[Compared]:
    told = await ask_all(scorer_handle(), "compared")
    return [one for replica in told for one in replica]


async def _spent(model: Any) -> tuple[float, int]:
    """Seconds inside the model, and items, of all its replicas."""
    told = await ask_all(model, "stats")
    return sum(stats.run_seconds for stats in told), sum(stats.items for stats in told)


def _per_item(before: tuple[float, int], after: tuple[float, int]) -> float | None:
    items = after[1] - before[1]
    return (after[0] - before[0]) / items if items else None
