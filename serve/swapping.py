"""Other weights for a running engine: loaded beside the old ones, checked, then taken by the scorer.

A submission meets one set of weights from its first look to its last (`serve.ensemble`), so nothing fails and nothing
is torn: new submissions go to the new weights, and the old ones stay until nobody asks them any more.
"""

import asyncio
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from configs.settings import Role, Settings
from models.weights import WeightsError
from serve.app import ask_all, deploy, deploy_beside, model_applications, model_handle, remove, scorer_handle
from serve.changes import CHANGE, change
from serve.errors import EngineUnavailable
from serve.lease import lease
from serve.live import Live, current
from serve.loading import load_scoring
from serve.progress import Progress
from serve.rehearsal import is_possible, rehearse
from serve.samples import Comparison, Samples, ask_each, check, judge

SWAP = "swap"
"""Lease of whoever loads candidates. Held for minutes; batches may change meanwhile."""
LOAD_SECONDS = 900.0
"""A candidate that is not up after it will not be: a cluster has no place for it."""
DRAIN_SECONDS = 900.0
"""For submissions that the old weights have begun; more than the longest recording takes."""
MIN_AGREEMENT = 0.5
"""Below it, on samples that both answered, a candidate is taken for broken."""
POLL_SECONDS = 0.3
LEFT_UNFINISHED = (
    "interrupted while the engine was being switched: new submissions go to the new weights, and the old ones stay "
    "loaded until the next assay reload or assay canary removes them"
)
"""Of a switch, which Serve brings to its end by itself."""


class Refused(EngineUnavailable):
    """A candidate that is not taken; what served before serves on."""


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a reload changed."""

    comparisons: tuple[Comparison, ...]
    """One for each model that was swapped."""
    batches: tuple[Role, ...]
    """Roles whose batches or replicas changed."""
    others: tuple[str, ...]
    """What else of the engine changed: sections of the profile, and roles that nobody is asked for any more."""


async def reload(
    settings: Settings, samples: Samples, on_progress: Progress, min_agreement: float = MIN_AGREEMENT
) -> Reloaded:
    """Make the running engine that of the settings, without a failed submission.

    Raises:
        Refused: a candidate's weights are not the pinned ones, do not load, or answer the samples wrongly; or the
            replicas asked for find no place.
        EngineUnavailable: no engine runs, or another swap is under way.
    """
    load_scoring(settings)
    async with lease(SWAP, wait_seconds=1.0):
        before = await clear_leftovers()
        # The engine's own cache, whoever calls: root has another home, and a model's name tells of its cache.
        settings = settings.model_copy(update={"data_dir": before.settings.data_dir})
        wanted = Live.of(settings, before.code)
        changed = [role for role, name in wanted.applications.items() if before.applications.get(role) != name]
        comparisons = await load_beside(before, wanted, changed, samples, on_progress, min_agreement)
        try:
            await _take_or_go_back(before, wanted, on_progress)
            await drain(before.applications.values(), wanted, on_progress)
        except asyncio.CancelledError:
            raise EngineUnavailable(LEFT_UNFINISHED) from None
    return Reloaded(tuple(comparisons), _reconfigured(before.settings, settings), _others(before, wanted))


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
    """Let the scorer send what is new to the wanted models; all of them run.

    Raises:
        EngineUnavailable: more replicas are asked for than there is room for; the state is in force all the same.
    """
    async with lease(CHANGE):
        await asyncio.to_thread(deploy, wanted, wanted.applications.keys(), on_progress, LOAD_SECONDS)


async def _take_or_go_back(before: Live, wanted: Live, on_progress: Progress) -> None:
    try:
        await take(wanted, on_progress)
    except EngineUnavailable as error:
        with suppress(EngineUnavailable):  # its replicas answer; Serve may still be at those that found no place
            await take(before, on_progress)
        await drain(wanted.applications.values(), before, on_progress)
        raise Refused(str(error)) from error


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
    declared, is_new = wanted.declarations[role], role not in before.applications
    candidate, items = wanted.applications[role], samples[role]
    if await asyncio.to_thread(is_possible, role, wanted.settings, declared):
        on_progress(f"rehearsing {role}")
        new = await asyncio.to_thread(rehearse, role, wanted.settings, declared, items)
        known, seconds = await _known_answers(role, before, items)
        comparison = judge(role, known, new.outputs, (seconds, new.seconds))
        _require(comparison, is_new, min_agreement)
        await asyncio.to_thread(deploy_beside, wanted, [role], on_progress, LOAD_SECONDS)
        await ask_each(role, model_handle(role, candidate), items[:1], check)
        return comparison
    await asyncio.to_thread(deploy_beside, wanted, [role], on_progress, LOAD_SECONDS)
    on_progress(f"asking {role} the samples")
    answers, candidate_seconds = await ask_each(role, model_handle(role, candidate), items, check)
    known, seconds = await _served_answers(role, before, items)
    comparison = judge(role, known, answers, (seconds, candidate_seconds))
    _require(comparison, is_new, min_agreement)
    return comparison


async def _known_answers(role: Role, before: Live, items: Sequence[Any]) -> tuple[Sequence[Any], float]:
    """Of what serves now, and the mean seconds of one: of its files, in nobody's way, if they are still there."""
    declared = before.declarations.get(role)
    try:
        if declared is not None and await asyncio.to_thread(is_possible, role, before.settings, declared):
            now = await asyncio.to_thread(rehearse, role, before.settings, declared, items)
            return now.outputs, now.seconds
    except (EngineUnavailable, WeightsError):
        pass
    return await _served_answers(role, before, items)


async def _served_answers(role: Role, before: Live, items: Sequence[Any]) -> tuple[Sequence[Any], float]:
    """Of the replicas that serve now; nothing for a role that none served."""
    if role not in before.applications:
        return (), 0.0
    return await ask_each(role, model_handle(role, before.applications[role]), items)


def _require(comparison: Comparison, is_new: bool, min_agreement: float) -> None:
    """A role that nothing served before has nothing to agree with."""
    if is_new or min_agreement <= 0:
        return
    if comparison.agreement is None:
        raise Refused(
            f"{comparison.role}: on {comparison.items} samples neither the candidate nor what serves now said anything "
            "that could be compared; give files with something to find, or ask for no agreement"
        )
    if comparison.agreement < min_agreement:
        raise Refused(
            f"{comparison.role}: the candidate agrees with what serves now by {comparison.agreement:.2f} "
            f"on {comparison.items} samples; {min_agreement:.2f} is asked for"
        )


async def _in_use() -> set[str]:
    told: list[set[str]] = await ask_all(scorer_handle(), "in_use")
    return set().union(*told)


def _others(before: Live, after: Live) -> tuple[str, ...]:
    old, new = before.settings, after.settings
    gone = sorted(old.models.keys() - new.models.keys())
    changed = {
        "rubric": before.rubric.digest != after.rubric.digest,
        "decode": old.decode != new.decode,
        "scorer": old.scorer != new.scorer,
        "store.ca_bundle": old.store.ca_bundle != new.store.ca_bundle,
    }
    return (*(name for name, is_other in changed.items() if is_other), *(f"no {role} any more" for role in gone))


def _reconfigured(before: Settings, after: Settings) -> tuple[Role, ...]:
    known = {role: (model.batch, model.replicas) for role, model in before.models.items()}
    return tuple(
        role for role, model in after.models.items() if role in known and known[role] != (model.batch, model.replicas)
    )
