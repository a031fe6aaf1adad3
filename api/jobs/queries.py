"""Reading jobs."""

from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller
from api.errors import NotFound
from api.tables import Job

# Built once, since they are a part of every submission: SQLAlchemy takes 0.3 ms to build such a statement anew.
_LOCK = select(Job).where(Job.id == bindparam("job_id")).with_for_update().execution_options(populate_existing=True)
_LOCK_OWN = _LOCK.where(Job.organization_id == bindparam("organization_id"))


def jobs_of(caller: Caller) -> Select[Job]:
    """The caller's jobs, of its key's mode."""
    return select(Job).where(Job.organization_id == caller.organization_id, Job.livemode == caller.livemode)


async def find_job(session: AsyncSession, caller: Caller, job_id: str) -> Job:
    """A job of the caller.

    Raises:
        NotFound: it has none of this id.
    """
    return found(await session.scalar(jobs_of(caller).where(Job.id == job_id)), job_id)


async def lock_job(session: AsyncSession, job_id: str, organization_id: str | None = None) -> Job:
    """A job that nobody else changes until the transaction ends. It is locked before its submissions, always.

    Raises:
        NotFound: there is none, or it is another organization's.
    """
    if organization_id is None:
        return found(await session.scalar(_LOCK, {"job_id": job_id}), job_id)
    return found(await session.scalar(_LOCK_OWN, {"job_id": job_id, "organization_id": organization_id}), job_id)


def found(job: Job | None, job_id: str) -> Job:
    """The job that a query found.

    Raises:
        NotFound: it found none.
    """
    if job is None:
        raise NotFound(f"there is no job {job_id}", param="job_id")
    return job
