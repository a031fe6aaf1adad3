"""The files whose embeddings are nearest to a vector: exact, in NumPy, over vectors streamed from the database.

Why no vector extension is used is docs/decisions/0006.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

import numpy as np
from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.search.embeddings import Matrix, to_matrix
from api.tables import Embedding, File
from pipeline.result import Seen

CHUNK_VECTORS = 4096
"""In memory at once: 6 MiB at 384 dimensions."""
KINDS = 3
"""Embeddings that one file has at most."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose files are searched."""

    organization_id: str
    livemode: bool
    encoder: str
    """Vectors of other encoders are left out."""
    job_id: str | None = None
    """All jobs when absent."""


@dataclass(frozen=True, slots=True)
class Match:
    """A file and the one of its embeddings that is nearest."""

    file_id: str
    kind: Seen
    score: float
    """The cosine, -1 to 1."""


async def nearest(session: AsyncSession, scope: Scope, query: Matrix, limit: int) -> list[Match]:
    """The delivered files that are nearest to a vector, nearest first, one match for each file.

    Args:
        query: unit length, shape (dimensions,).
    """
    kept: list[Match] = []
    async for rows in _chunks(session, _vectors(scope)):
        cosines = to_matrix([row.vector for row in rows], len(query)) @ query
        kept += [Match(rows[i].file_id, rows[i].kind, float(cosines[i])) for i in _top(cosines, limit * KINDS)]
        kept = _best_of_each_file(kept)[:limit]
    return kept


def _vectors(scope: Scope) -> Select[str, str, bytes]:
    query = (
        select(Embedding.file_id, Embedding.kind, Embedding.vector)
        .join(File, File.id == Embedding.file_id)
        .where(
            Embedding.organization_id == scope.organization_id,
            Embedding.livemode == scope.livemode,
            Embedding.encoder == scope.encoder,
            File.status == "approved",
        )
    )
    return query if scope.job_id is None else query.where(Embedding.job_id == scope.job_id)


async def _chunks(
    session: AsyncSession, query: Select[str, str, bytes]
) -> AsyncIterator[Sequence[Row[str, str, bytes]]]:
    streamed = await session.stream(query.execution_options(yield_per=CHUNK_VECTORS))
    async for rows in streamed.partitions():
        yield rows


def _top(values: Matrix, count: int) -> Sequence[int]:
    """Places of the highest values, in any order."""
    if len(values) <= count:
        return range(len(values))
    places: list[int] = np.argpartition(values, -count)[-count:].tolist()
    return places


def _best_of_each_file(matches: Sequence[Match]) -> list[Match]:
    """Nearest first; equal ones by file, newest first, so that two searches answer the same."""
    ranked = sorted(matches, key=attrgetter("score", "file_id"), reverse=True)
    best: dict[str, Match] = {}
    for match in ranked:
        best.setdefault(match.file_id, match)
    return list(best.values())
