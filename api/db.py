"""The database: SQLite in WAL mode for one machine, Postgres for production, behind the same two calls."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Select, String, TypeDecorator, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine

from api.outage import DatabaseAway, Pool, tell_outages
from api.rows import open_connection, write_appended
from api.sqlite_commits import SqliteCommits
from api.sqlite_driver import SqliteDriver
from api.storage_disk import require_room
from configs.settings import Settings

SQLITE_BUSY_SECONDS = 30
"""How long a writer waits for those of this process, and then for another program's; every transaction here takes
milliseconds."""
CHECK_SECONDS = 3
"""How long a check waits for another program that writes."""
WRITING = {"begin": "BEGIN IMMEDIATE"}
"""Execution options of a connection that writes. SQLite begins a transaction only when it is told to, and how."""
CONNECT_SECONDS = 5
"""How long a Postgres may take to answer a new connection."""
LOST_CLIENT = {
    "idle_in_transaction_session_timeout": "60s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
"""When our machine is lost in the middle of a transaction: by itself Postgres keeps the locks for two hours. No
transaction here does nothing for so long."""

Json = JSON().with_variant(JSONB(), "postgresql")
Id = String(32).with_variant(String(32, collation="C"), "postgresql")
"""Ids are compared and sorted as bytes, which is what their time order needs and what an index does fastest."""


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC, in SQLite too, which knows no time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time needs a time zone, got {value!r}")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Database:
    """Sessions over one engine: `read` for looking, `write` for one transaction that is committed at its end.

    Both raise `DatabaseAway` when the database does not answer.
    """

    def __init__(self, url: URL, pool_size: int = 20) -> None:
        self.url = url
        self.is_sqlite = url.get_backend_name() == "sqlite"
        self._engine = _sqlite(url) if self.is_sqlite else _postgres(url, pool_size)
        self._commits = SqliteCommits(url.database) if self.is_sqlite and url.database else None
        self._writers = asyncio.Lock()
        tell_outages(self._engine)
        reading = self._engine if self.is_sqlite else self._engine.execution_options(isolation_level="AUTOCOMMIT")
        self._looking = reading
        self._reading = async_sessionmaker(reading, expire_on_commit=False)
        writing = self._engine.execution_options(**WRITING)
        self._writing = async_sessionmaker(writing, expire_on_commit=False)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session for looking. Each query sees what is committed when it begins; a transaction would cost twice."""
        async with self._reading() as session:
            yield session

    @asynccontextmanager
    async def rows(self) -> AsyncIterator[AsyncConnection]:
        """The same for rows instead of entities, for two thirds of the cost: every request looks for its caller."""
        async with self._looking.connect() as connection:
            yield connection

    async def finds(self, query: Select[Any], **values: Any) -> bool:
        """Whether a query finds a row. Loops that mostly find nothing look before they open a transaction."""
        async with self.rows() as connection:
            return (await connection.execute(query, values)).first() is not None

    def commits(self) -> int | None:
        """Another number whenever somebody has committed. SQLite tells that for much less than a query takes; `None` on
        Postgres, which does not.
        """
        return self._commits.count() if self._commits is not None else None

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """A session for looking in which all queries see the same moment; their rows can be streamed."""
        async with self._reading() as session:
            if self.is_sqlite:
                await session.connection(execution_options={"begin": "BEGIN"})
            else:
                await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """One transaction: committed when the block ends, undone when it raises.

        SQLite takes its write lock at the start, so that two writers wait for each other and never fail. Those of this
        process wait in a queue: SQLite lets whoever asks at the right moment go first, and has let one wait for 30 s.
        """
        async with self._turn(), self._writing() as session, session.begin():
            await open_connection(session)
            yield session
            await write_appended(session)

    async def check(self) -> None:
        """Whether a transaction could be written now. Nothing is.

        Raises:
            DatabaseAway: it does not answer, can only be read, has no room, or another program is writing for too long.
        """
        if self.is_sqlite:
            async with self._turn():
                await asyncio.to_thread(_begin_and_end, str(self.url.database))
            return
        async with self.rows() as connection:
            if await connection.scalar(text("SHOW transaction_read_only")) == "on":
                raise DatabaseAway("the database can only be read")

    async def close(self) -> None:
        if self._commits is not None:
            self._commits.close()
        await self._engine.dispose()

    @property
    def engine(self) -> AsyncEngine:
        return self._engine

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if not self.is_sqlite:
            yield
            return
        try:
            async with asyncio.timeout(SQLITE_BUSY_SECONDS):
                await self._writers.acquire()
        except TimeoutError as error:
            raise DatabaseAway("the writers before this one did not end") from error
        try:
            yield
        finally:
            self._writers.release()


def database_url(settings: Settings) -> URL:
    """The URL with its asynchronous driver."""
    if settings.database.url == "sqlite":
        return sqlite_url(settings.state_dir / "assay.db")
    url = make_url(settings.database.url)
    if "sslmode" in url.query:  # as every other client of Postgres calls it
        url = url.update_query_dict({"ssl": url.query["sslmode"]}).difference_update_query(["sslmode"])
    drivers = {"postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg", "sqlite": "sqlite+aiosqlite"}
    password = settings.database.password
    return url.set(
        drivername=drivers.get(url.drivername, url.drivername),
        password=url.password if password is None else password.get_secret_value(),
    )


def sqlite_url(path: Path) -> URL:
    """The URL of a database file."""
    return URL.create("sqlite+aiosqlite", database=str(path))


def _postgres(url: URL, pool_size: int) -> AsyncEngine:
    """`pool_size` is all that this process opens: how many a server takes is a number that operators reckon with."""
    return create_async_engine(
        url,
        poolclass=Pool,
        pool_size=pool_size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"timeout": CONNECT_SECONDS, "server_settings": LOST_CLIENT},
    )


def _sqlite(url: URL) -> AsyncEngine:
    """SQLAlchemy's documented way to let SQLite begin transactions as it is told to."""
    if url.database is not None:
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    timeouts = {"timeout": SQLITE_BUSY_SECONDS}
    # Errors go into the log, and parameters may be names, addresses and hashes of keys.
    engine = create_async_engine(
        url, module=SqliteDriver(), poolclass=Pool, hide_parameters=True, connect_args=timeouts
    )
    event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _begin_and_end(path: str) -> None:
    """By a connection of its own: a session's would wait for as long as its writers do, even when it is cancelled."""
    try:
        require_room(Path(path).parent)
        with closing(sqlite3.connect(path, CHECK_SECONDS, isolation_level=None)) as connection:
            connection.execute(WRITING["begin"])
    except (sqlite3.Error, OSError) as error:
        raise DatabaseAway(str(error)) from error


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    begin = connection.get_execution_options().get("begin")
    if begin is not None:
        connection.exec_driver_sql(begin)
