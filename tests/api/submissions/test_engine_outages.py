"""What is not the file's fault costs it no try: an object store or an engine that is away."""

import asyncio
import errno
from collections.abc import AsyncIterator

import httpx
import pytest
from sqlalchemy import func, select

from api import dispatcher
from api.dispatcher import Dispatcher
from api.services import Services
from api.storage import StoreUnavailable
from api.tables import Submission
from pipeline.result import ScoreRequest, ScoreResult
from serve.errors import EngineUnavailable
from tests.api.conftest import Client, WorkerClient
from tests.api.scripted import ScriptedEngine, picture
from tests.api.story import post_job, submit

pytestmark = pytest.mark.anyio

FILES = 6


@pytest.fixture
async def waiting(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, monkeypatch
) -> None:
    """Files in the queue of a dispatcher that takes two at a time and does not wait long."""
    hasty = services.settings.dispatcher.model_copy(update={"concurrency": 2, "retry_seconds": 0.01})
    services.settings = services.settings.model_copy(update={"dispatcher": hasty})
    for name in ("OUTAGE_PAUSE_SECONDS", "LOOK_SECONDS"):
        monkeypatch.setattr(dispatcher, name, 0.02)
    job = await post_job(http, organization, quantity=FILES)
    for seed in range(FILES):
        await submit(http, worker, job["id"], picture(5, seed=seed))


@pytest.fixture
async def running(waiting: None, services: Services) -> AsyncIterator[None]:
    stop = asyncio.Event()
    task = asyncio.create_task(Dispatcher(services).run(stop))
    yield
    stop.set()
    await task


@pytest.mark.parametrize("error", [OSError("the object store does not answer"), StoreUnavailable("full")])
async def test_while_the_store_is_away_nothing_is_counted(
    error: Exception, waiting: None, services: Services, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    score, check, away = engine.score, services.store.check, [True]

    async def fails(request):
        if away:
            raise error
        return await score(request)

    async def tells(*, writing: bool = False) -> None:
        if away:
            raise StoreUnavailable("no answer")
        await check(writing=writing)

    monkeypatch.setattr(engine, "score", fails)
    monkeypatch.setattr(services.store, "check", tells)
    stop = asyncio.Event()
    task = asyncio.create_task(Dispatcher(services).run(stop))
    await asyncio.sleep(0.5)
    assert await _counted(services, "pending_score") == FILES
    async with services.db.read() as session:
        assert await session.scalar(select(func.max(Submission.engine_attempts))) <= 1, "of those under way"
    away.clear()
    await _until(services, "approved")
    stop.set()
    await task


async def test_a_full_disk_costs_no_try_though_the_look_at_the_store_still_fits(
    waiting: None, services: Services, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    score, full = engine.score, 5 * FILES * services.settings.dispatcher.max_attempts

    async def fails(request: ScoreRequest) -> ScoreResult:
        nonlocal full
        full -= 1
        if full > 0:
            raise StoreUnavailable("no room") from OSError(errno.ENOSPC, "No space left on device")
        return await score(request)

    monkeypatch.setattr(engine, "score", fails)
    stop = asyncio.Event()
    task = asyncio.create_task(Dispatcher(services).run(stop))
    await _until(services, "approved")
    stop.set()
    await task


async def test_a_file_that_the_store_cannot_read_is_tried_as_often_as_any(
    running: None, services: Services, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(request):
        raise OSError("input/output error")

    monkeypatch.setattr(engine, "score", fails)
    await _until(services, "needs_review")


async def test_while_no_replica_answers_nothing_more_is_claimed(
    waiting: None, services: Services, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    score, stats, away, asked = engine.score, engine.stats, [True], []

    async def fails(request):
        asked.append(request)
        if away:
            raise EngineUnavailable("its replica died")
        return await score(request)

    async def tells():
        if away:
            raise EngineUnavailable("no replica")
        return await stats()

    monkeypatch.setattr(engine, "score", fails)
    monkeypatch.setattr(engine, "stats", tells)
    stop = asyncio.Event()
    task = asyncio.create_task(Dispatcher(services).run(stop))
    await asyncio.sleep(0.5)
    assert len(asked) == 2, "those that were under way when it died"
    assert await _counted(services, "pending_score") == FILES
    away.clear()
    await _until(services, "approved")
    stop.set()
    await task


async def _counted(services: Services, status: str) -> int:
    async with services.db.read() as session:
        count = await session.scalar(select(func.count()).where(Submission.status == status))
    return int(count or 0)


async def _until(services: Services, status: str) -> None:
    async with asyncio.timeout(20):
        while await _counted(services, status) < FILES:
            await asyncio.sleep(0.05)
