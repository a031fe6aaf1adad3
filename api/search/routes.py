"""Search by meaning."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.auth import Caller, needs
from api.ids import JobId
from api.pages import DEFAULT_LIMIT, MAX_LIMIT, Page
from api.search.schemas import SearchResult
from api.search.service import search
from api.services import Use
from api.wire import Filled

router = APIRouter(tags=["search"])

MAX_QUERY_CHARACTERS = 500


@router.get("/v1/search")
async def search_files(
    use: Use,
    q: Annotated[Filled, Field(max_length=MAX_QUERY_CHARACTERS), Query(description="What to look for.")],
    job_id: JobId | None = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT,
    caller: Caller = needs("files:read"),
) -> Page[SearchResult]:
    """Delivered files by meaning: the query against what is seen, read and heard in them. One page, best first."""
    found = await search(use, caller, q, job_id, limit)
    return Page(data=found, has_more=False, next_cursor=None)
