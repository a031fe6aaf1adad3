"""A database that is away is `DatabaseAway`, and 503 to a client; what else goes wrong stays what it is."""

import asyncio
import socket
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from time import monotonic
from types import SimpleNamespace

import asyncpg
import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.engine import URL
from sqlalchemy.exc import IntegrityError

import api.db
from api.app import create_app
from api.callers import Callers
from api.db import LOST_CLIENT, Database, database_url, sqlite_url
from api.migrations.run import migrate
from api.outage import DatabaseAway, _notice_silence
from api.services import Services
from configs.settings import Settings
from tests.api.conftest import BASE_URL, Client

pytestmark = pytest.mark.anyio

LARGE = "INSERT INTO things VALUES (hex(zeroblob(100000)))"


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


async def test_a_machine_that_is_lost_in_a_transaction_keeps_no_locks(on_postgres: Database) -> None:
    """The server ends what says nothing for a minute; the test does not wait for it."""
    async with on_postgres.rows() as connection:
        told = {name: await connection.scalar(text(f"SHOW {name}")) for name in LOST_CLIENT}
    assert told["idle_in_transaction_session_timeout"] == "1min"
    await _write(on_postgres, "CREATE TABLE things (number INTEGER)")
    async with on_postgres.write() as session:
        await session.execute(text("LOCK TABLE things IN ACCESS EXCLUSIVE MODE"))
        await session.execute(text("SET idle_in_transaction_session_timeout = '100ms'"))
        await asyncio.sleep(0.5)
        with pytest.raises(DatabaseAway):
            await session.execute(text("SELECT 1"))
        await session.rollback()
    await asyncio.wait_for(_write(on_postgres, "DROP TABLE things"), 5)


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


async def test_a_lock_that_another_program_keeps_is_waited_for_once_and_not_by_each_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.db, "SQLITE_BUSY_SECONDS", 0.5)
    monkeypatch.setattr(api.db, "CHECK_SECONDS", 0.2)
    db = Database(sqlite_url(tmp_path / "assay.db"))
    await migrate(db)
    await db.check()
    other = sqlite3.connect(tmp_path / "assay.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseAway, match="locked"):
        await db.check()
    begun = monotonic()
    told = await asyncio.gather(*(_write(db, "SELECT 1") for _ in range(12)), return_exceptions=True)
    assert [type(one) for one in told] == [DatabaseAway] * 12
    assert monotonic() - begun < 3  # one after the other they would wait for 6 s
    other.execute("ROLLBACK")
    await asyncio.gather(*(_write(db, "SELECT 1") for _ in range(12)))
    await db.check()
    other.close()
    await db.close()


async def test_a_database_that_can_only_be_read_is_not_ready(postgres: URL) -> None:
    await _run(postgres, "CREATE DATABASE only_read")
    db = Database(postgres.set(database="only_read"))
    await db.check()
    await db.close()
    await _run(postgres, "ALTER DATABASE only_read SET default_transaction_read_only = on")
    with pytest.raises(DatabaseAway, match="only be read"):
        await db.check()
    await db.close()


async def test_a_disk_that_is_almost_full_is_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    db = Database(sqlite_url(tmp_path / "assay.db"))
    await migrate(db)
    await db.check()
    monkeypatch.setattr("api.storage_disk.MIN_FREE_BYTES", 1 << 62)
    with pytest.raises(DatabaseAway, match="MiB are left"):
        await db.check()
    await db.close()


async def test_a_file_that_has_no_room_to_grow(tmp_path: Path) -> None:
    db = Database(sqlite_url(tmp_path / "assay.db"))
    await migrate(db)
    await _write(db, "CREATE TABLE things (content TEXT)")
    await _write(db, "PRAGMA max_page_count = 1")  # as many as it has
    with pytest.raises(DatabaseAway, match="full"):
        await _write(db, LARGE)
    await _write(db, "PRAGMA max_page_count = 1000000")
    await _write(db, LARGE)
    async with db.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM things")) == 1
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
        answers = [await http.get("/v1/jobs"), await http.post("/v1/jobs", json={})]
        ready, metrics = await http.get("/readyz"), await http.get("/metrics")
    assert {answer.status_code for answer in answers} == {503}
    assert {answer.json()["error"]["type"] for answer in answers} == {"overloaded"}
    assert all(int(answer.headers["Retry-After"]) > 0 and answer.headers["X-Request-Id"] for answer in answers)
    assert (ready.status_code, ready.json()["checks"]["database"]) == (503, "DatabaseAway")
    assert metrics.status_code == 200
    assert "assay_http_request_seconds_count" in metrics.text
    assert "assay_queue_submissions" not in metrics.text


async def _end(postgres: URL, pid: int | None) -> None:
    """As an operator's restart does it."""
    await _run(postgres, f"SELECT pg_terminate_backend({pid}, 5000)")


async def _run(postgres: URL, statement: str) -> None:
    other = await asyncpg.connect(postgres.set(drivername="postgresql").render_as_string(hide_password=False))
    await other.execute(statement)
    await other.close()


async def test_an_empty_pool_is_an_outage(postgres: URL) -> None:
    db = Database(postgres, pool_size=1)
    db.engine.pool._timeout = 0.1  # type: ignore[attr-defined]
    async with db.read() as session:
        await session.execute(text("SELECT 1"))
        with pytest.raises(DatabaseAway, match="no connection became free"):
            await _ask(db)
    assert await _ask(db) == 1
    await db.close()


async def test_a_primary_that_became_a_standby_is_left(on_postgres: Database) -> None:
    async with on_postgres.write() as session:
        pid = await session.scalar(text("SELECT pg_backend_pid()"))
        await session.execute(text("SET TRANSACTION READ ONLY"))
        with pytest.raises(DatabaseAway, match="read-only"):
            await session.execute(text("CREATE TABLE t (a INTEGER)"))
        await session.rollback()
    async with on_postgres.read() as session:
        assert await session.scalar(text("SELECT pg_backend_pid()")) != pid


@pytest.mark.parametrize("wrong", [{"database": "no_such_database"}, {"username": "nobody"}])
async def test_a_database_that_lets_nobody_in_is_away(wrong: dict[str, str], postgres: URL) -> None:
    db = Database(postgres.set(**wrong))
    with pytest.raises(DatabaseAway, match="does not exist"):
        await _ask(db)
    await db.close()


def test_a_server_that_falls_silent_is_given_up() -> None:
    """As the kernel does it; the server of the tests is reached by a file, where nothing can fall silent."""
    with socket.socket() as listening, socket.socket() as ours:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        ours.connect(listening.getsockname())
        transport = SimpleNamespace(get_extra_info=lambda name: ours)
        _notice_silence(SimpleNamespace(driver_connection=SimpleNamespace(_transport=transport)), None)
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 20_000
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 5


async def test_a_real_connection_has_such_a_socket(on_postgres: Database) -> None:
    async with on_postgres.engine.connect() as connection:
        raw = await connection.get_raw_connection()
        assert raw.driver_connection._transport.get_extra_info("socket") is not None  # type: ignore[union-attr]


async def test_a_database_that_is_newer_is_left_as_it_is(db: Database) -> None:
    """A machine of the old version that starts once more while a cluster takes the new one."""
    await migrate(db)
    await _write(db, "UPDATE alembic_version SET version_num = '9999'")
    await migrate(db)
    async with db.read() as session:
        assert await session.scalar(text("SELECT version_num FROM alembic_version")) == "9999"


def test_the_usual_name_for_tls_is_understood(settings: Settings) -> None:
    url = "postgresql://assay@db/assay?sslmode=verify-full"
    changed = settings.model_copy(update={"database": settings.database.model_copy(update={"url": url})})
    assert dict(database_url(changed).query) == {"ssl": "verify-full"}
