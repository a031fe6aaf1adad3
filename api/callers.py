"""Whose a token is. Requests that ask at the same time are answered by one query."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from api.db import Database
from api.group_commit import GroupCommit
from api.tables import ApiKey, Worker

Found = Row[Any] | None

# Built once, since every request asks one of them.
_KEYS, _WORKERS = ApiKey.__table__.c, Worker.__table__.c
_HASHES: Any = bindparam("hashes", expanding=True)
_FIND_KEYS = select(
    _KEYS.id, _KEYS.organization_id, _KEYS.livemode, _KEYS.scopes, _KEYS.expires_at, _KEYS.revoked_at, _KEYS.token_hash
).where(_KEYS.token_hash.in_(_HASHES))
_FIND_WORKERS = select(_WORKERS.id, _WORKERS.organization_id, _WORKERS.status, _WORKERS.token_hash).where(
    _WORKERS.token_hash.in_(_HASHES)
)


class Callers:
    """Holders of tokens, by the hash of the token."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._keys = GroupCommit(partial(self._find, _FIND_KEYS))
        self._workers = GroupCommit(partial(self._find, _FIND_WORKERS))

    async def key(self, token_hash: str) -> Found:
        """The row of an API key, which may be revoked or expired."""
        return await self._keys.run("", token_hash)

    async def worker(self, token_hash: str) -> Found:
        """The row of a worker, who may be banned."""
        return await self._workers.run("", token_hash)

    async def _find(self, query: Select[Any], hashes: Sequence[str]) -> list[Found]:
        async with self._db.rows() as connection:
            found = {row.token_hash: row for row in await connection.execute(query, {"hashes": list(set(hashes))})}
        return [found.get(one) for one in hashes]
