"""The driver of SQLite: one change of thread a statement, and no transaction that nobody ends."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiosqlite import Connection
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from api.db import Database, sqlite_url

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[Database]:
    db = Database(sqlite_url(tmp_path / "test.db"))
    async with db.write() as session:
        await session.execute(text("CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT UNIQUE)"))
    yield db
    await db.close()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of threads of connections."""
    asked: list[str] = []
    execute: Any = Connection._execute

    async def counted(self: Connection, function: Any, *arguments: Any, **named: Any) -> Any:
        asked.append(getattr(function, "__name__", "statement"))
        return await execute(self, function, *arguments, **named)

    monkeypatch.setattr(Connection, "_execute", counted)
    return asked


async def test_a_look_is_one_change_of_thread(sqlite: Database, calls: list[str]) -> None:
    async with sqlite.read() as session:
        assert (await session.scalars(text("SELECT 7 UNION SELECT 8"))).all() == [7, 8]
    assert calls == ["statement"]


async def test_a_transaction_is_its_statements_with_begin_and_commit(sqlite: Database, calls: list[str]) -> None:
    async with sqlite.write() as session:
        await session.execute(text("INSERT INTO t (b) VALUES (:b)"), [{"b": "x"}, {"b": "y"}])
        changed: Any = await session.execute(text("UPDATE t SET b = b || 'z' RETURNING b"))
        assert changed.scalars().all() == ["xz", "yz"]
    assert calls == ["statement", "statement", "statement", "commit"]


async def test_what_is_refused_is_undone_and_the_connection_goes_on(sqlite: Database) -> None:
    async def write_twice() -> None:
        async with sqlite.write() as session:
            await session.execute(text("INSERT INTO t (b) VALUES ('x')"))
            await session.execute(text("INSERT INTO t (b) VALUES ('x')"))

    with pytest.raises(IntegrityError):
        await write_twice()
    async with sqlite.write() as session:
        done: Any = await session.execute(text("INSERT INTO t (b) VALUES ('x')"))
        assert done.rowcount == 1
    assert await sqlite.finds(select(text("b")).select_from(text("t")))


async def test_who_is_cancelled_on_the_way_into_a_transaction_leaves_none_open(sqlite: Database) -> None:
    other = sqlite3.connect(str(sqlite.url.database), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    async def write() -> None:
        async with sqlite.write() as session:
            await session.execute(text("INSERT INTO t (b) VALUES ('never')"))

    waiting = asyncio.create_task(write())
    await asyncio.sleep(0.1)  # its BEGIN waits for the lock, in the thread of the connection
    waiting.cancel()
    await asyncio.sleep(0.1)
    other.execute("COMMIT")
    with pytest.raises(asyncio.CancelledError):
        await waiting
    other.execute("PRAGMA busy_timeout = 5000")
    other.execute("INSERT INTO t (b) VALUES ('other')")  # nobody holds the lock
    other.close()
    async with sqlite.write() as session:
        assert (await session.scalars(text("SELECT b FROM t"))).all() == ["other"]


async def test_a_snapshot_sees_one_moment_and_a_look_what_is_committed(sqlite: Database) -> None:
    async with sqlite.snapshot() as frozen, sqlite.read() as looking:
        for session in (frozen, looking):
            assert (await session.scalars(text("SELECT b FROM t"))).all() == []
        async with sqlite.write() as writing:
            await writing.execute(text("INSERT INTO t (b) VALUES ('new')"))
        assert (await frozen.scalars(text("SELECT b FROM t"))).all() == []
        assert (await looking.scalars(text("SELECT b FROM t"))).all() == ["new"]
