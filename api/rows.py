"""Rows, past the objects of the session: for what every submission writes.

As objects they would be watched, compared, sorted and written one by one: a quarter of what a decision took.
"""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Insert, Table, Update, bindparam, insert, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import DeclarativeBase

Entity = type[DeclarativeBase]

_APPENDED, _CONNECTION = "appended", "connection"


class Written:
    """A row as it was written, to be read like an object of its entity: columns that got no value are `None`."""

    _columns: Collection[str]

    def __init__(self, entity: Entity, values: dict[str, Any]) -> None:
        self.__dict__.update(values, _columns=_names(entity))

    def __getattr__(self, name: str) -> Any:
        if name not in self._columns:
            raise AttributeError(f"a row has no column {name}")
        return None


class LockedRow(Written):
    """A whole row that is locked. What is set on it is written by `write_changes`."""

    changed: set[str]
    """Columns that were set since they were written."""

    def __init__(self, entity: Entity, values: dict[str, Any]) -> None:
        super().__init__(entity, values)
        self.__dict__["changed"] = set()

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self._columns:
            raise AttributeError(f"a row has no column {name}")
        self.__dict__[name] = value
        self.changed.add(name)


async def open_connection(session: AsyncSession) -> None:
    """Begin the transaction of a session; to ask the session again for each statement would cost as much as one."""
    session.info[_CONNECTION] = await session.connection()


def connection_of(session: AsyncSession) -> AsyncConnection:
    """Where statements about rows go.

    Raises:
        KeyError: the session is none of `Database.write`.
    """
    found: AsyncConnection = session.info[_CONNECTION]
    return found


def append(session: AsyncSession, entity: Entity, *rows: dict[str, Any]) -> None:
    """Have rows written before the transaction is committed, all of a table together. It does not see them itself.

    Args:
        session: of the transaction, one of `Database.write`.
        entity: whose table they go to.
        rows: values by column, the same columns in all rows of a table; what is absent has its default.
    """
    if rows:
        session.info.setdefault(_APPENDED, {}).setdefault(entity, []).extend(rows)


async def write_appended(session: AsyncSession) -> None:
    """Write what was appended, after the objects that it may belong to: before a lock that many want, or at the end."""
    appended: dict[Entity, list[dict[str, Any]]] | None = session.info.pop(_APPENDED, None)
    if appended:
        await session.flush()
        for entity, rows in appended.items():
            await write_rows(session, entity, rows)


async def write_rows(session: AsyncSession, entity: Entity, rows: list[dict[str, Any]]) -> None:
    """Write new rows now; a single one as such, since a list of one takes the driver's detour for lists."""
    await connection_of(session).execute(_insert(entity), rows if len(rows) > 1 else rows[0])


async def change_rows(session: AsyncSession, entity: Entity, changes: dict[str, dict[str, Any]]) -> None:
    """Change columns of rows now, the same columns in all. An object of the session does not see it.

    Args:
        session: of the transaction, one of `Database.write`.
        entity: whose table they are in.
        changes: new values by column, by the id of the row; at least one.
    """
    rows = [{"row_id": row_id} | values for row_id, values in changes.items()]
    await connection_of(session).execute(_update(entity), rows if len(rows) > 1 else rows[0])


async def write_changes(session: AsyncSession, entity: Entity, rows: Sequence[LockedRow]) -> None:
    """Write what was set on locked rows of one table, together."""
    columns = set[str]().union(*(row.changed for row in rows))
    if columns:
        await change_rows(session, entity, {row.id: {name: getattr(row, name) for name in columns} for row in rows})
    for row in rows:
        row.changed.clear()


@cache
def _insert(entity: Entity) -> Insert:
    return insert(_table(entity))


@cache
def _update(entity: Entity) -> Update:
    table = _table(entity)
    return update(table).where(table.c.id == bindparam("row_id"))


@cache
def _names(entity: Entity) -> frozenset[str]:
    return frozenset(_table(entity).c.keys())


def _table(entity: Entity) -> Table:
    table = entity.__table__
    assert isinstance(table, Table)
    return table
