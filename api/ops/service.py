"""Putting the overview together, and changing how batches form while the engine works."""

import asyncio
from time import monotonic
from typing import Any

from api.auth import Caller
from api.clock import now
from api.errors import NotFound, Overloaded, ValidationFailed
from api.events import record
from api.operations.checks import check_database, check_store
from api.ops.counted import STAGES, stages_and_failures
from api.ops.engine_state import EngineState, ask_engine
from api.ops.history import Look
from api.ops.quantiles import quantile, since
from api.ops.queries import find_failures, find_queue, find_throughput
from api.ops.schemas import Batch, BatchResource, BatchUpdate, OpsModel, OpsOverview, StageLatency
from api.services import Services
from configs.settings import BatchSettings, Role
from pipeline.annotations import ENGINE_VERSION
from serve.errors import EngineError

ENGINE_RETRY_SECONDS = 5


async def overview(use: Services) -> OpsOverview:
    """Everything an operator watches, at this moment."""
    engine, database, store = await asyncio.gather(ask_engine(use), check_database(use), check_store(use))
    stages, engine_failures = stages_and_failures()
    look = Look(monotonic(), stages, engine_failures, engine.counters())
    before = use.history.window(look)
    async with use.db.read() as session:
        queue, throughput = await find_queue(session), await find_throughput(session)
        failures = await find_failures(session)
    return OpsOverview(
        at=now(),
        profile=engine.profile or use.settings.profile,
        engine_version=ENGINE_VERSION,
        checks={"database": database, "store": store, "engine": engine.check},
        queue=queue,
        throughput=throughput,
        window_seconds=look.at_seconds - before.at_seconds if before else None,
        latencies=_latencies(look, before),
        models=[_model(engine, role, look, before) for role in engine.identities],
        engine_failures=int(engine_failures - _failures_before(look, before)),
        failures=failures,
    )


async def change_batch(use: Services, caller: Caller, role: Role, update: BatchUpdate) -> BatchResource:
    """Let a model's batches form in another way from the next one on.

    The audit tells what was wanted before the engine is asked, and, if it refuses, that it did: nothing is changed
    without a trace, and no transaction waits for the engine.

    Raises:
        NotFound: the profile has no such model.
        ValidationFailed: `max_ongoing_requests` is below what the batches need.
        Overloaded: the engine does not take the change now.
    """
    before, most = await _in_force(use, role)
    wanted = before.model_copy(update=update.model_dump(exclude_none=True))
    if wanted == before:
        return BatchResource(role=role, **wanted.model_dump())
    _check_queue(wanted, most)
    await _record(use, caller, "engine.batch_changed", role, before=before.model_dump(), after=wanted.model_dump())
    try:
        await use.engine.reconfigure({role: wanted})
    except (ValueError, EngineError, OSError) as error:
        await _record(use, caller, "engine.batch_refused", role, error=f"{type(error).__name__}: {error}")
        if isinstance(error, ValueError):
            raise ValidationFailed(str(error)) from error
        raise _away() from error
    return BatchResource(role=role, **wanted.model_dump())


async def _in_force(use: Services, role: Role) -> tuple[BatchSettings, int]:
    """How batches form, and how many requests a replica is handed at once."""
    try:
        batches, most = await asyncio.gather(use.engine.batches(), use.engine.max_ongoing_requests())
    except (EngineError, OSError) as error:
        raise _away() from error
    if role not in batches:
        raise NotFound(f"the profile has no model for {role}", param="role")
    return batches[role], most[role]


def _check_queue(wanted: BatchSettings, most: int) -> None:
    """Before anything is written down; the engine has the last word, since its replicas may have changed."""
    if wanted.max_items * wanted.concurrent > most:
        raise ValidationFailed(
            f"max_items × concurrent = {wanted.max_items * wanted.concurrent} is above max_ongoing_requests = {most}: "
            "a replica is never given as many, so its batches could not fill",
            code="batch_above_max_ongoing_requests",
            param="max_items",
        )


async def _record(use: Services, caller: Caller, action: str, role: Role, **told: Any) -> None:
    async with use.db.write() as session:
        record(
            session,
            caller.organization_id,
            action,
            actor=caller.key_id,
            request_id=caller.request_id,
            role=role,
            **told,
        )


def _away() -> Overloaded:
    headers = {"Retry-After": str(ENGINE_RETRY_SECONDS)}
    return Overloaded("the engine does not answer at the moment; nothing was changed", headers=headers)


def _latencies(look: Look, before: Look | None) -> list[StageLatency]:
    found = []
    for stage in STAGES:
        earlier = before.stages.get(stage, {}) if before else {}
        buckets = since(look.stages.get(stage, {}), earlier)
        p50, p95 = quantile(buckets, 0.5), quantile(buckets, 0.95)
        count = int(max(buckets.values(), default=0))
        found.append(StageLatency(stage=stage, count=count, p50_seconds=p50, p95_seconds=p95))
    return found


def _failures_before(look: Look, before: Look | None) -> float:
    return before.engine_failures if before and before.engine_failures <= look.engine_failures else 0.0


def _model(engine: EngineState, role: Role, look: Look, before: Look | None) -> OpsModel:
    identity, replicas, batch = engine.identities[role], engine.stats.get(role, ()), engine.batches[role]
    return OpsModel(
        role=role,
        name=identity.name,
        version=identity.version,
        weights_digest=identity.weights_digest,
        precision=identity.precision,
        replicas=len(replicas),
        batch=Batch.of(batch),
        max_ongoing_requests=engine.max_ongoing_requests[role],
        queued=sum(one.queued for one in replicas),
        running=sum(one.running for one in replicas),
        failed_items=sum(one.failed_items for one in replicas),
        batches=look.models[role].batches,
        items=look.models[role].items,
        run_seconds=look.models[role].run_seconds,
        **_lately(role, len(replicas) * batch.concurrent, look, before),
    )


def _lately(role: Role, slots: int, look: Look, before: Look | None) -> dict[str, float | None]:
    """What the window's difference says; a model that came since counts from its own start."""
    if before is None:
        return {"utilisation": None, "mean_fill": None, "items_per_batch": None}
    counted = look.models[role].since(before.models[role]) if role in before.models else look.models[role]
    seconds = (look.at_seconds - before.at_seconds) * slots
    return {
        "utilisation": min(1.0, counted.run_seconds / seconds) if seconds else None,
        "mean_fill": counted.fill_sum / counted.batches if counted.batches else None,
        "items_per_batch": counted.items / counted.batches if counted.batches else None,
    }
