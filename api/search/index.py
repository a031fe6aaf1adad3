"""The files whose embeddings are nearest to a vector: one question, answered by NumPy or by pgvector, exactly alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Protocol, TypeVar

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from api.search.embeddings import Matrix
from api.tables import Embedding, File
from pipeline.result import Seen

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


class Index(Protocol):
    """Finds by comparing with every vector of a scope; none is approximate."""

    async def nearest(self, session: AsyncSession, scope: Scope, query: Matrix, limit: int) -> list[Match]:
        """The delivered files that are nearest to a vector, nearest first, one match for each file.

        Args:
            query: unit length, shape (dimensions,).
        """


Picked = TypeVar("Picked", bound=Select[*tuple[object, ...]])


def within(query: Picked, scope: Scope) -> Picked:
    """Of a query over embeddings: those of delivered files in the scope."""
    query = query.join(File, File.id == Embedding.file_id).where(
        Embedding.organization_id == scope.organization_id,
        Embedding.livemode == scope.livemode,
        Embedding.encoder == scope.encoder,
        File.status == "approved",
    )
    return query if scope.job_id is None else query.where(Embedding.job_id == scope.job_id)


def best_of_each_file(matches: Sequence[Match]) -> list[Match]:
    """Nearest first; equal ones by file, newest first, so that two searches answer the same."""
    ranked = sorted(matches, key=attrgetter("score", "file_id"), reverse=True)
    best: dict[str, Match] = {}
    for match in ranked:
        best.setdefault(match.file_id, match)
    return list(best.values())
