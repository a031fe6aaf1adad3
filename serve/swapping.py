"""Other weights for a running engine: loaded beside the old ones, checked, then taken by the scorer.

A submission meets one set of weights from its first look to its last (`serve.ensemble`), so nothing fails and nothing
is torn: new submissions go to the new weights, and the old ones stay until nobody asks them any more.
"""

import asyncio
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from configs.settings import Role, Settings
from models.weights import WeightsError
from serve.app import Progress, deploy, deploy_beside, model_applications, model_handle, remove, scorer_handle
from serve.changes import CHANGE, change
from serve.errors import EngineUnavailable
from serve.lease import lease
from serve.live import Live, current
from serve.loading import load_scoring
from serve.rehearsal import is_possible, rehearse
from serve.samples import Comparison, Samples, compare, judge

SWAP = "swap"
"""Lease of whoever loads candidates. Held for minutes; batches may change meanwhile."""
LOAD_SECONDS = 900.0
"""A candidate that is not up after it will not be: a cluster has no place for it."""
DRAIN_SECONDS = 900.0
"""For submissions that the old weights have begun; more than the longest recording takes."""
MIN_AGREEMENT = 0.5
"""Below it, on samples that both answered, a candidate is taken for broken."""
POLL_SECONDS = 0.3


class Refused(EngineUnavailable):
    """A candidate that is not taken; what served before serves on."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a reload changed."""

    comparisons: tuple[Comparison, ...]
    """One for each model that was swapped."""
    batches: tuple[Role, ...]
    """Roles whose batches or replicas changed."""


async def reload(
    settings: Settings, samples: Samples, on_progress: Progress, min_agreement: float = MIN_AGREEMENT
) -> Reloaded:
    """Make the running engine that of the settings, without a failed submission.

    Raises:
        Refused: a candidate's weights are not the pinned ones, do not load, or answer the samples wrongly.
        EngineUnavailable: no engine runs, or another swap is under way.
    """
    load_scoring(settings)
    async with lease(SWAP, wait_seconds=1.0):
        before = await clear_leftovers()
        wanted = Live.of(settings, before.code)
        changed = [role for role, name in wanted.applications.items() if before.applications.get(role) != name]
        comparisons = await load_beside(before, wanted, changed, samples, on_progress, min_agreement)
        await take(wanted, on_progress)
        await drain(before.applications.values(), wanted, on_progress)
    return Reloaded(tuple(comparisons), _reconfigured(before.settings, settings))


async def load_beside(
    before: Live,
    wanted: Live,
    roles: Collection[Role],
    samples: Samples,
    on_progress: Progress,
    min_agreement: float = MIN_AGREEMENT,
) -> list[Comparison]:
    """Verify, load and warm candidates beside what serves, and ask them for the samples.

    Raises:
        Refused: one is not fit to serve; none of them runs any more.
    """
    if not roles:
        return []
    names = {wanted.applications[role] for role in roles}
    try:
        comparisons = [await _load_one(role, before, wanted, samples, on_progress, min_agreement) for role in roles]
    except BaseException as error:
        await asyncio.to_thread(remove, names & await asyncio.to_thread(model_applications))
        if isinstance(error, EngineUnavailable | WeightsError | ValueError):
            raise Refused(str(error)) from error
        raise
    return comparisons


async def take(wanted: Live, on_progress: Progress) -> None:
    """Let the scorer send what is new to the wanted models; all of them run."""
    async with lease(CHANGE):
        await asyncio.to_thread(deploy, wanted, wanted.applications.keys(), on_progress)


async def drain(names: Collection[str], wanted: Live, on_progress: Progress) -> None:
    """Remove applications once no submission asks them any more."""
    leaving = set(names) - set(wanted.applications.values())
    give_up_at = time.monotonic() + DRAIN_SECONDS
    while leaving and leaving & await _in_use() and time.monotonic() < give_up_at:
        on_progress("submissions under way finish on the old weights")
        await asyncio.sleep(POLL_SECONDS)
    await asyncio.to_thread(remove, leaving)


async def clear_leftovers() -> Live:
    """Remove what a command that was killed has left, its trial and its candidates; the state without them."""
    live = await asyncio.to_thread(current)
    if live.trial is not None:
        live = await change(lambda now: now.model_copy(update={"trial": None}))
    known = set(live.applications.values()) | await _in_use()
    await asyncio.to_thread(remove, await asyncio.to_thread(model_applications) - known)
    return live


async def _load_one(
    role: Role, before: Live, wanted: Live, samples: Samples, on_progress: Progress, min_agreement: float
) -> Comparison:
    """One candidate at a time, so that their loads do not add up; its replica starts after the rehearsal."""
    if await asyncio.to_thread(is_possible, role, wanted.settings):
        on_progress(f"rehearsing {role}")
        comparison = await asyncio.to_thread(_rehearse, role, before, wanted, samples)
        _require(comparison, min_agreement)
        await asyncio.to_thread(deploy_beside, wanted, [role], on_progress, LOAD_SECONDS)
        first = {role: samples[role][:1]}
        await compare(role, None, model_handle(role, wanted.applications[role]), first)
        return comparison
    await asyncio.to_thread(deploy_beside, wanted, [role], on_progress, LOAD_SECONDS)
    on_progress(f"asking {role} the samples")
    known = before.applications.get(role)
    answers_now = model_handle(role, known) if known else None
    comparison = await compare(role, answers_now, model_handle(role, wanted.applications[role]), samples)
    _require(comparison, min_agreement)
    return comparison


def _rehearse(role: Role, before: Live, wanted: Live, samples: Samples) -> Comparison:
    new = rehearse(role, wanted.settings, samples[role])
    known, seconds = _known_answers(role, before, samples)
    return judge(role, known, new.outputs, (seconds, new.seconds))


def _known_answers(role: Role, before: Live, samples: Samples) -> tuple[Sequence[Any], float]:
    """Of what serves now, and their seconds; nothing if its files are no longer those that it was loaded from."""
    try:
        if role in before.settings.models and is_possible(role, before.settings):
            now = rehearse(role, before.settings, samples[role])
            return now.outputs, now.seconds
    except (EngineUnavailable, WeightsError):
        pass
    return (), 0.0


def _require(comparison: Comparison, min_agreement: float) -> None:
    if comparison.agreement < min_agreement:
        raise Refused(
            f"{comparison.role}: the candidate agrees with what serves now by {comparison.agreement:.2f} "
            f"on {comparison.items} samples; {min_agreement:.2f} is asked for"
        )


async def _in_use() -> set[str]:
    told: list[set[str]] = await scorer_handle().broadcast("in_use").results_async()
    return set().union(*told)


def _reconfigured(before: Settings, after: Settings) -> tuple[Role, ...]:
    known = {role: (model.batch, model.replicas) for role, model in before.models.items()}
    return tuple(
        role for role, model in after.models.items() if role in known and known[role] != (model.batch, model.replicas)
    )
