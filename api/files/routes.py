"""Routes of files."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller, needs
from api.files.queries import find_file, page_of_files, url_seconds
from api.files.schemas import FileResource, FileStatus
from api.ids import FileId, JobId
from api.jobs.queries import find_job
from api.pages import Page, PageRequest, Paging, as_page
from api.services import Services, Use

router = APIRouter(tags=["files"])

MinScore = Annotated[int | None, Query(ge=1, le=5, description="Files with fewer stars are left out.")]


@router.get("/v1/jobs/{job_id}/files")
async def get_job_files(
    job_id: JobId,
    use: Use,
    page: Paging,
    status: FileStatus = "approved",
    min_score: MinScore = None,
    caller: Caller = needs("files:read"),
) -> Page[FileResource]:
    """The delivered files of a job; with `status` those that came to another end."""
    return await _page(use, caller, page, job_id, status, min_score)


@router.get("/v1/files")
async def list_files(
    use: Use,
    page: Paging,
    job_id: JobId | None = None,
    status: FileStatus | None = None,
    min_score: MinScore = None,
    caller: Caller = needs("files:read"),
) -> Page[FileResource]:
    """Files of all jobs, or of one."""
    return await _page(use, caller, page, job_id, status, min_score)


@router.get("/v1/files/{file_id}")
async def get_file(file_id: FileId, use: Use, caller: Caller = needs("files:read")) -> FileResource:
    """One file, with a fresh download URL."""
    return await _one(use, caller, file_id)


@router.post("/v1/files/{file_id}/refresh_url")
async def refresh_url(file_id: FileId, use: Use, caller: Caller = needs("files:read")) -> FileResource:
    """The same as reading it, for clients that expect a call of its own; nothing is changed."""
    return await _one(use, caller, file_id)


async def _one(use: Services, caller: Caller, file_id: str) -> FileResource:
    async with use.db.read() as session:
        file = await find_file(session, caller, file_id)
        return FileResource.of(file, use, await url_seconds(session, use, caller.organization_id))


async def _page(
    use: Services,
    caller: Caller,
    page: PageRequest,
    job_id: str | None,
    status: FileStatus | None,
    min_score: int | None,
) -> Page[FileResource]:
    async with use.db.read() as session:
        await _job_exists(session, caller, job_id)
        seconds = await url_seconds(session, use, caller.organization_id)
        files = await page_of_files(session, caller, page, job_id=job_id, status=status, min_score=min_score)
    return as_page(files, page, lambda file: file.id, lambda file: FileResource.of(file, use, seconds))


async def _job_exists(session: AsyncSession, caller: Caller, job_id: str | None) -> None:
    if job_id is not None:
        await find_job(session, caller, job_id)
