"""Routes of jobs."""

import re
from datetime import datetime
from time import monotonic
from typing import Annotated

from fastapi import APIRouter, Header, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller, needs
from api.idempotency import OnceUse, owner_of
from api.ids import JobId
from api.jobs import service
from api.jobs.queries import find_job, jobs_of
from api.jobs.schemas import AuditResource, JobCreate, JobRating, JobResource, JobStatus
from api.pages import Page, Paging, fetch_page
from api.services import Services, Use
from api.tables import AuditEntry, Job

router = APIRouter(tags=["jobs"])

MAX_WAIT_SECONDS = 60
LONG_WAIT_SECONDS = 10
"""A client that waits for so long is answered a second before its time is up: `firsthandapi` asks for 30 s and gives up
its own request after 30 s too."""
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,9})")


@router.post("/v1/jobs", status_code=201, response_model=JobResource)
async def create_job(body: JobCreate, once: OnceUse, caller: Caller = needs("jobs:write")) -> Response:
    """Post a job; what it may cost is held."""

    async def action(session: AsyncSession) -> JobResource:
        return JobResource.of(await service.create_job(session, caller, body))

    return await once.run(owner_of(caller), action, status=201)


@router.get("/v1/jobs")
async def list_jobs(
    use: Use, page: Paging, status: JobStatus | None = None, caller: Caller = needs("jobs:read")
) -> Page[JobResource]:
    """Newest first."""
    query = jobs_of(caller)
    if status is not None:
        query = query.where(Job.status == status)
    async with use.db.read() as session:
        return await fetch_page(session, query, Job.id, page, JobResource.of)


@router.get("/v1/jobs/{job_id}")
async def get_job(
    job_id: JobId,
    use: Use,
    response: Response,
    prefer: Annotated[
        str | None, Header(description="`wait=N`: answer when the job changes, or after N ≤ 60 s.")
    ] = None,
    caller: Caller = needs("jobs:read"),
) -> JobResource:
    """One job."""
    job = await _read(use, caller, job_id)
    seconds = _wait_seconds(prefer)
    if seconds:
        response.headers["Preference-Applied"] = f"wait={seconds}"
        job = await _wait(use, caller, job, held_seconds(seconds))
    return JobResource.of(job)


@router.post("/v1/jobs/{job_id}/cancel", response_model=JobResource)
async def cancel_job(job_id: JobId, once: OnceUse, caller: Caller = needs("jobs:write")) -> Response:
    """End a job; what it still holds returns at once."""

    async def action(session: AsyncSession) -> JobResource:
        return JobResource.of(await service.cancel_job(session, caller, job_id))

    return await once.run(owner_of(caller), action)


@router.post("/v1/jobs/{job_id}/rate", response_model=JobResource)
async def rate_job(job_id: JobId, body: JobRating, once: OnceUse, caller: Caller = needs("jobs:write")) -> Response:
    """Say how good the files of a job are."""

    async def action(session: AsyncSession) -> JobResource:
        return JobResource.of(await service.rate_job(session, caller, job_id, body))

    return await once.run(owner_of(caller), action)


@router.get("/v1/jobs/{job_id}/audit")
async def get_job_audit(
    job_id: JobId, use: Use, page: Paging, caller: Caller = needs("audit:read")
) -> Page[AuditResource]:
    """Who did what to a job, newest first."""
    async with use.db.read() as session:
        await find_job(session, caller, job_id)
        query = select(AuditEntry).where(AuditEntry.job_id == job_id)
        return await fetch_page(session, query, AuditEntry.id, page, AuditResource.model_validate)


async def _read(use: Services, caller: Caller, job_id: str) -> Job:
    async with use.db.read() as session:
        return await find_job(session, caller, job_id)


async def _wait(use: Services, caller: Caller, job: Job, seconds: int) -> Job:
    """The job once its status or a counter is another, or as it is when the time is up."""
    ends_at = monotonic() + seconds
    seen: datetime = job.updated_at
    while await use.watch.changed(job.id, seen, max(0.0, ends_at - monotonic())):
        fresh = await _read(use, caller, job.id)
        if _progress(fresh) != _progress(job):
            return fresh
        seen = fresh.updated_at
    return job


def _progress(job: Job) -> tuple[str, int, int]:
    return job.status, job.files_approved, job.files_pending


def _wait_seconds(prefer: str | None) -> int:
    asked = _WAIT.search(prefer.lower()) if prefer else None
    return min(int(asked.group(1)), MAX_WAIT_SECONDS) if asked else 0


def held_seconds(asked_seconds: int) -> int:
    """How long a request is held at most."""
    return asked_seconds - 1 if asked_seconds >= LONG_WAIT_SECONDS else asked_seconds
