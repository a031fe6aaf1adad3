"""A dispatcher with nothing to do: on SQLite it looks at its queue when somebody has committed, or after a second."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from api import dispatcher
from api.db import Database, sqlite_url
from api.dispatcher import Dispatcher
from api.tables import Submission
from tests.api.scripted import picture
from tests.api.story import post_job, submit

pytestmark = pytest.mark.anyio


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """What each look at the queue found."""
    found: list[bool] = []
    finds = Database.finds

    async def watched(self: Database, *query: Any, **values: Any) -> bool:
        found.append(await finds(self, *query, **values))
        return found[-1]

    monkeypatch.setattr(Database, "finds", watched)
    return found


@pytest.fixture
async def running(services, looks, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Dispatcher]:
    """A dispatcher that has found its queue empty, and that time alone does not make look again."""
    monkeypatch.setattr(dispatcher, "LOOK_SECONDS", 3600.0)
    one, stop = Dispatcher(services), asyncio.Event()
    task = asyncio.create_task(one.run(stop))
    while not looks:
        await asyncio.sleep(0.01)
    await asyncio.sleep(10 * dispatcher.COMMITS_SECONDS)
    looks.clear()
    yield one
    stop.set()
    await task


async def test_nothing_is_asked_while_nobody_commits(services, running, looks):
    await asyncio.sleep(10 * dispatcher.COMMITS_SECONDS)
    assert bool(looks) != services.db.is_sqlite


async def test_a_file_that_is_handed_in_is_found(http, services, organization, worker, running):
    job = await post_job(http, organization)
    submission = await submit(http, worker, job["id"], picture(5))
    async with asyncio.timeout(10):
        while await _status(services.db, submission["id"]) != "approved":
            await asyncio.sleep(0.02)


async def test_time_alone_makes_it_look(services, running, looks, monkeypatch):
    running._look_at = 0.0
    async with asyncio.timeout(10):
        while not looks:
            await asyncio.sleep(0.01)


async def _status(db: Database, submission_id: str) -> str:
    async with db.read() as session:
        return str(await session.scalar(select(Submission.status).where(Submission.id == submission_id)))


async def test_commits_of_others_are_counted(tmp_path: Path):
    """Those of another process too: every connection here is one to the file."""
    ours, others = (Database(sqlite_url(tmp_path / "test.db")) for _ in range(2))
    async with ours.write() as session:
        await session.execute(text("CREATE TABLE t (a INTEGER)"))
    counted = [ours.commits(), ours.commits()]
    for db in (others, ours):
        async with db.write() as session:
            await session.execute(text("INSERT INTO t VALUES (1)"))
            counted.append(ours.commits())
        counted.append(ours.commits())
    for db in (ours, others):
        await db.close()
    before, same, uncommitted, first, still, second = counted
    assert before == same == uncommitted
    assert len({before, first, second}) == 3
    assert still == first


async def test_a_file_that_cannot_be_read_tells_nothing(tmp_path: Path):
    db = Database(sqlite_url(tmp_path / "test.db"))
    (tmp_path / "test.db").write_bytes(b"no database" * 100)
    assert db.commits() is None
    await db.close()
