"""A database that does not answer is one kind of error, whatever the driver calls it."""

import socket
import sqlite3
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Dialect, ExceptionContext
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry

CONNECTION_CLASS = "08"
"""SQLSTATEs of broken connections begin with it."""
_REFUSALS = ("57P01", "57P02", "57P03", "53100", "53300", "25006")
"""SQLSTATEs of a Postgres that shuts down, crashed, is still starting, has no disk or no connection left, or has become
a standby that can only be read."""
_PASSING = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL)
"""What a SQLite file answers that is in use or has no room: the connection is as good as before."""
_BROKEN = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
"""What it answers where the disk below it fails."""
_SILENT_SECONDS = 20
"""After which a server that answers nothing, not even that it received something, is taken for gone. The kernel itself
waits for 15 minutes, or for ever."""


class DatabaseAway(ConnectionError):
    """The database is restarting, unreachable, full or too busy: the same may be tried again later.

    A transaction that was being committed may be there or not.
    """


class Pool(AsyncAdaptedQueuePool):
    """A pool from which nobody gets a connection for 30 s belongs to a database that is too busy."""

    def _do_get(self) -> ConnectionPoolEntry:
        try:
            return super()._do_get()
        except PoolExhausted as error:
            raise DatabaseAway("no connection became free") from error


def tell_outages(engine: AsyncEngine) -> None:
    """Let an engine raise `DatabaseAway`, and let go of all connections of a server that has ended."""
    event.listen(engine.sync_engine, "do_connect", _connect)
    event.listen(engine.sync_engine, "handle_error", _on_error)
    if engine.dialect.driver == "asyncpg":
        event.listen(engine.sync_engine, "connect", _notice_silence)
        event.listen(engine.sync_engine, "checkout", _check)


def _connect(dialect: Dialect, _record: Any, arguments: Any, parameters: Any) -> Any:
    try:
        return dialect.connect(*arguments, **parameters)
    except (OSError, dialect.loaded_dbapi.Error) as error:  # a refused password too: operators change them
        raise DatabaseAway(str(error)) from error


def _on_error(context: ExceptionContext) -> None:
    error = context.original_exception
    if not isinstance(error, Exception):  # a cancelled task loses its connection too, and stays cancelled
        return
    broken = isinstance(error, OSError) or context.is_disconnect
    if broken or _means_away(error):
        context.is_disconnect = context.is_disconnect or _sqlite_code(error) not in _PASSING
        raise DatabaseAway(f"{type(error).__name__}: {error}") from error


def _notice_silence(connection: Any, _record: Any) -> None:
    """Let the kernel give up a connection whose other end has vanished: no power, no cable, no machine."""
    sock = connection.driver_connection._transport.get_extra_info("socket")  # asyncpg has no way of its own to it
    if sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 5), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3)):
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1000 * _SILENT_SECONDS)


def _check(connection: Any, _record: Any, _proxy: Any) -> None:
    """A connection that the server has closed is replaced. asyncpg knows; `pool_pre_ping` would ask three times."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError("the server has closed this connection")


def _means_away(error: BaseException) -> bool:
    state = getattr(error, "sqlstate", None) or ""
    return state.startswith(CONNECTION_CLASS) or state in _REFUSALS or _sqlite_code(error) in (*_PASSING, *_BROKEN)


def _sqlite_code(error: BaseException) -> int:
    """The primary result code."""
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)) & 0xFF
