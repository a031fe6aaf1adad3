"""A database that does not answer is one kind of error, whatever the driver calls it."""

import sqlite3
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Dialect, ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine

CONNECTION_CLASS = "08"
"""SQLSTATEs of broken connections begin with it."""
_REFUSALS = ("57P01", "57P02", "57P03", "53300")
"""SQLSTATEs of a Postgres that shuts down, crashed, is still starting, or has no connection left."""


class DatabaseAway(ConnectionError):
    """The database is restarting, unreachable or too busy: the same may be tried again later.

    A transaction that was being committed may be there or not.
    """


def tell_outages(engine: AsyncEngine) -> None:
    """Let an engine raise `DatabaseAway`, and let go of all connections of a server that has ended."""
    event.listen(engine.sync_engine, "do_connect", _connect)
    event.listen(engine.sync_engine, "handle_error", _on_error)
    if engine.dialect.driver == "asyncpg":
        event.listen(engine.sync_engine, "checkout", _check)


def _connect(dialect: Dialect, _record: Any, arguments: Any, parameters: Any) -> Any:
    try:
        return dialect.connect(*arguments, **parameters)
    except (OSError, dialect.loaded_dbapi.Error) as error:
        if isinstance(error, OSError) or _means_away(error):
            raise DatabaseAway(str(error)) from error
        raise


def _on_error(context: ExceptionContext) -> None:
    error = context.original_exception
    if not isinstance(error, Exception):  # a cancelled task loses its connection too, and stays cancelled
        return
    broken = isinstance(error, OSError) or context.is_disconnect
    if broken or _means_away(error):
        context.is_disconnect = context.is_disconnect or not _is_busy(error)
        raise DatabaseAway(f"{type(error).__name__}: {error}") from error


def _check(connection: Any, _record: Any, _proxy: Any) -> None:
    """A connection that the server has closed is replaced. asyncpg knows; `pool_pre_ping` would ask three times."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server has closed this connection")


def _means_away(error: BaseException) -> bool:
    state = getattr(error, "sqlstate", None) or ""
    return state.startswith(CONNECTION_CLASS) or state in _REFUSALS or _is_busy(error)


def _is_busy(error: BaseException) -> bool:
    """Whether somebody else wrote to a SQLite file for longer than we wait."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
