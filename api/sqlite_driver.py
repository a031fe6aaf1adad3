"""SQLite for SQLAlchemy with one change of thread a statement.

`aiosqlite` runs each call in the thread of its connection, and SQLAlchemy makes four for a statement: the cursor, the
statement, its rows and the end of the cursor. A change of thread there and back takes longer than most statements.
"""

import sqlite3
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)


class _Done(NamedTuple):
    """What a statement leaves behind."""

    rows: list[Any]
    description: Any = None
    rowcount: int = -1
    lastrowid: int | None = None


class SqliteDriver(AsyncAdapt_aiosqlite_dbapi):
    """The `module` of an engine."""

    def __init__(self) -> None:
        super().__init__(aiosqlite, sqlite3)

    def connect(self, *arguments: Any, **options: Any) -> "_Connection":
        return _Connection(self, super().connect(*arguments, **options)._connection)


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """Has no cursor of the database: each statement makes its own, reads it to its end and closes it."""

    __slots__ = ("_done",)

    arraysize = 1

    def __init__(self, adapt_connection: "_Connection") -> None:
        self._adapt_connection: _Connection = adapt_connection
        self._connection = adapt_connection._connection
        self._rows = deque()
        self._done = _Done([])

    @property
    def description(self) -> Any:
        return self._done.description

    @property
    def rowcount(self) -> int:
        return self._done.rowcount

    @property
    def lastrowid(self) -> Any:
        return self._done.lastrowid

    def close(self) -> None:
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        """It is closed already; the rows are kept."""

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        await self._run(lambda cursor: cursor.execute(operation, parameters or ()))

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> Any:
        await self._run(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    async def _run(self, execute: Callable[[sqlite3.Cursor], object]) -> None:
        self._done = await self._adapt_connection.run(execute)
        self._rows = deque(self._done.rows)


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()

    _cursor_cls = _Cursor  # type: ignore[assignment]  # each of SQLAlchemy's drivers narrows it

    async def run(self, execute: Callable[[sqlite3.Cursor], object]) -> _Done:
        """Have a statement executed in the connection's thread, after those that came before."""
        async with self._execute_mutex:
            done: _Done = await self._connection._execute(partial(_execute, self._connection._conn, execute))
        return done

    def rollback(self) -> None:
        """SQLAlchemy asks for it whenever a connection goes back to the pool: mostly there is nothing to undo.

        A statement on its way may still begin a transaction, if who waited for it was cancelled; but then SQLAlchemy
        closes the connection.
        """
        if self._connection.in_transaction:
            super().rollback()


def _execute(connection: sqlite3.Connection, execute: Callable[[sqlite3.Cursor], object]) -> _Done:
    cursor = connection.cursor()
    try:
        execute(cursor)
        rows = cursor.fetchall() if cursor.description else []
        return _Done(rows, cursor.description, cursor.rowcount, cursor.lastrowid)
    finally:
        cursor.close()
