"""Finding delivered files by what a sentence means."""

import asyncio
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller
from api.errors import Overloaded
from api.files.queries import url_seconds
from api.files.schemas import FileResource
from api.jobs.queries import find_job
from api.search.embeddings import Matrix, encoder_name
from api.search.exact import ExactIndex
from api.search.index import Index, Match, Scope
from api.search.pgvector import PgVectorIndex, is_enabled
from api.search.schemas import SearchResult
from api.search.words import containing
from api.services import Services
from api.tables import File
from serve.errors import EngineError

CANDIDATES = 500
"""So many of the nearest files are looked through for the query's words, which bounds what a search costs."""
RETRY_SECONDS = 5


async def search(use: Services, caller: Caller, query: str, job_id: str | None, limit: int) -> list[SearchResult]:
    """Files that contain all words of the query first, then by nearness.

    Raises:
        NotFound: the caller has no such job.
        Overloaded: the concept encoder does not answer.
    """
    if job_id is not None:
        async with use.db.read() as session:
            await find_job(session, caller, job_id)
    vector, encoder = await _embed(use, query)
    scope = Scope(caller.organization_id, caller.livemode, encoder, job_id)
    async with use.db.snapshot() as session:
        index: Index = PgVectorIndex() if await is_enabled(session) else ExactIndex()
        matches = await index.nearest(session, scope, vector, max(CANDIDATES, limit))
        literal = await containing(session, [match.file_id for match in matches], query)
        ranked = sorted(matches, key=lambda match: match.file_id not in literal)[:limit]
        return await _results(session, use, caller, ranked, literal)


async def _embed(use: Services, query: str) -> tuple[Matrix, str]:
    try:
        vector, identities = await asyncio.gather(use.engine.embed(query), use.engine.identities())
    except EngineError as error:
        headers = {"Retry-After": str(RETRY_SECONDS)}
        raise Overloaded("the concept encoder does not answer", headers=headers) from error
    return vector, encoder_name(identities["concepts"])


async def _results(
    session: AsyncSession, use: Services, caller: Caller, matches: Sequence[Match], literal: set[str]
) -> list[SearchResult]:
    seconds = await url_seconds(session, use, caller.organization_id)
    rows = await session.scalars(select(File).where(File.id.in_([match.file_id for match in matches])))
    files = {file.id: file for file in rows}
    return [
        SearchResult(
            score=round(match.score, 4),
            matched=match.kind,
            contains_words=match.file_id in literal,
            file=FileResource.of(files[match.file_id], use, seconds),
        )
        for match in matches
    ]
