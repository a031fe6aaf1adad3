"""Cosines in Postgres, where its operator has installed the extension pgvector.

The vectors stay where they are; Postgres itself keeps a copy of each in the extension's type, in a generated column
that nothing else in this program knows of. Comparison is exact, by sequential scan: the approximate indexes of
pgvector look at other organizations' vectors first and filter afterwards.
"""

from sqlalchemy import ColumnElement, column, func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Double

from api.db import Database
from api.search.embeddings import Matrix
from api.search.index import KINDS, Match, Scope, best_of_each_file, within
from api.tables import Embedding

COLUMN = "meaning"
_LOCK = 0x61737361795F7067
"""Of the advisory lock under which one process at a time prepares the database."""

_FUNCTION = """
CREATE OR REPLACE FUNCTION embedding_vector(stored bytea) RETURNS vector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path FROM CURRENT AS $$
    SELECT array_agg((sign * fraction * power(2::float8, exponent))::real ORDER BY place)::vector
    FROM (
        SELECT place,
            CASE WHEN bits >> 31 = 1 THEN -1 ELSE 1 END AS sign,
            CASE WHEN (bits >> 23) & 255 = 0 THEN bits & 8388607 ELSE (bits & 8388607) | 8388608 END AS fraction,
            greatest((bits >> 23) & 255, 1)::int - 150 AS exponent
        FROM (
            SELECT place,
                get_byte(stored, 4 * place)::bigint
                + (get_byte(stored, 4 * place + 1)::bigint << 8)
                + (get_byte(stored, 4 * place + 2)::bigint << 16)
                + (get_byte(stored, 4 * place + 3)::bigint << 24) AS bits
            FROM generate_series(0, octet_length(stored) / 4 - 1) AS place
        ) AS words
    ) AS parts
$$
"""
"""Little-endian float32 as IEEE 754 defines it; Postgres has no cast from bytes. 0.35 ms for 384 dimensions. What
`pg_dump` writes is restored with an empty search path, in which a function without its own does not find the type."""


class PgVectorIndex:
    """At 100,000 vectors a hundredth of the processor time that NumPy takes here; none of them leaves the database."""

    async def nearest(self, session: AsyncSession, scope: Scope, query: Matrix, limit: int) -> list[Match]:
        """As `Index.nearest`."""
        wanted = literal("[" + ",".join(map(repr, query.tolist())) + "]").op("::")(text("vector"))
        distance: ColumnElement[float] = column(COLUMN).op("<=>", return_type=Double())(wanted)
        ranked = within(select(Embedding.file_id, Embedding.kind, (1 - distance).label("score")), scope)
        nearest = ranked.order_by(distance, Embedding.file_id.desc()).limit(limit * KINDS)
        rows = await session.execute(nearest)
        return best_of_each_file([Match(row.file_id, row.kind, row.score) for row in rows])[:limit]


async def enable_pgvector(db: Database) -> bool:
    """Prepare the database for `PgVectorIndex` if it has the extension; whether it has.

    Call it after the migrations. The first call copies the vectors that are there already, with the table locked:
    35 s for 100,000 of 384 dimensions. Later ones find everything in place.
    """
    if db.is_sqlite:
        return False
    async with db.write() as session:
        await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        if not await _has(session, "SELECT 1 FROM pg_extension WHERE extname = 'vector'"):
            return False
        await session.execute(text(_FUNCTION))  # each time: databases of earlier versions have another one
        if not await is_enabled(session):
            generated = f"{COLUMN} vector GENERATED ALWAYS AS (embedding_vector(vector)) STORED"
            await session.execute(text(f"ALTER TABLE embeddings ADD COLUMN {generated}"))
    return True


async def is_enabled(session: AsyncSession) -> bool:
    """Whether `enable_pgvector` has prepared the database of a session."""
    if session.get_bind().dialect.name != "postgresql":
        return False
    there = "SELECT 1 FROM pg_attribute WHERE attrelid = 'embeddings'::regclass AND NOT attisdropped AND attname = "
    return await _has(session, f"{there}'{COLUMN}'")


async def _has(session: AsyncSession, question: str) -> bool:
    return await session.scalar(text(question)) is not None
