"""A database that is away is `DatabaseAway`, and 503 to a client; what else goes wrong stays what it is."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError

import api.db
from api.app import create_app
from api.callers import Callers
from api.db import Database, sqlite_url
from api.migrations.run import migrate
from api.outage import DatabaseAway
from api.services import Services
from tests.api.conftest import BASE_URL, Client

pytestmark = pytest.mark.anyio


async def _ask(db: Database) -> int | None:
    async with db.read() as session:
        return await session.scalar(text("SELECT 1"))


async def _write(db: Database, statement: str) -> None:
    async with db.write() as session:
        await session.execute(text(statement))


@pytest.fixture
async def on_postgres(postgres: URL) -> AsyncIterator[Database]:
    made = Database(postgres)
    yield made
    await made.close()


async def test_nobody_listens(tmp_path: Path) -> None:
    db = Database(URL.create("postgresql+asyncpg", "postgres", database="assay", query={"host": str(tmp_path)}))
    with pytest.raises(DatabaseAway):
        await _ask(db)


async def test_a_connection_that_the_server_ends_in_a_transaction(on_postgres: Database, postgres: URL) -> None:
    async with on_postgres.write() as session:
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
        await _end(postgres, pid)
        with pytest.raises(DatabaseAway):
            await session.execute(text("SELECT 1"))
        await session.rollback()
    assert await _ask(on_postgres) == 1


async def test_a_connection_that_the_server_ended_in_the_pool_is_replaced(on_postgres: Database, postgres: URL) -> None:
    async with on_postgres.read() as session:
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
    await _end(postgres, pid)
    assert await _ask(on_postgres) == 1


async def test_a_cancelled_query_stays_cancelled(on_postgres: Database) -> None:
    asleep = asyncio.create_task(_write(on_postgres, "SELECT pg_sleep(60)"))
    await asyncio.sleep(0.2)
    asleep.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asleep
    assert await _ask(on_postgres) == 1


async def test_a_file_that_another_program_keeps_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.db, "SQLITE_BUSY_SECONDS", 0.05)
    db = Database(sqlite_url(tmp_path / "assay.db"))
    await migrate(db)
    other = sqlite3.connect(tmp_path / "assay.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseAway):
        await _write(db, "SELECT 1")
    other.execute("ROLLBACK")
    await _write(db, "SELECT 1")
    other.close()
    await db.close()


async def test_writers_of_one_process_go_in_the_order_of_their_coming(tmp_path: Path) -> None:
    db, gone = Database(sqlite_url(tmp_path / "assay.db")), []
    await _write(db, "CREATE TABLE numbers (number INTEGER)")

    async def write(number: int) -> None:
        async with db.write() as session:
            await session.execute(text("INSERT INTO numbers VALUES (1)"))
            await asyncio.sleep(0.02)
            gone.append(number)

    await asyncio.gather(*(write(number) for number in range(12)))
    await db.close()
    assert gone == list(range(12))


async def test_what_the_database_refuses_is_no_outage(db: Database) -> None:
    key = "INSERT INTO idempotency_keys VALUES ('o', 'r', 'k', 'h', 200, '', CURRENT_TIMESTAMP)"
    await _write(db, key)
    with pytest.raises(IntegrityError):
        await _write(db, key)


async def test_clients_are_told_to_come_back(services: Services, organization: Client, tmp_path: Path) -> None:
    services.db = Database(URL.create("postgresql+asyncpg", "postgres", query={"host": str(tmp_path)}))
    services.callers = Callers(services.db)
    transport = httpx.ASGITransport(create_app(services))
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL, headers=organization.headers) as http:
        answers = [await http.get("/v1/jobs"), await http.post("/v1/jobs", json={}), await http.get("/metrics")]
        ready = await http.get("/readyz")
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.json()["error"]["type"] for answer in answers} == {"overloaded"}
    assert all(int(answer.headers["Retry-After"]) > 0 and answer.headers["X-Request-Id"] for answer in answers)
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "DatabaseAway")


async def _end(postgres: URL, pid: int | None) -> None:
    """As an operator's restart does it."""
    other = await asyncpg.connect(postgres.set(drivername="postgresql").render_as_string(hide_password=False))
    await other.execute("SELECT pg_terminate_backend($1, 5000)", pid)
    await other.close()
