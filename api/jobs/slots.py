"""What of a job says whether it gives slots away: a tenth of its row, which every accepted slot locks."""

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.clock import now
from api.errors import NotFound
from api.rows import connection_of
from api.tables import Job


@dataclass(frozen=True, slots=True)
class JobSlots:
    """Columns of a job, under their names."""

    id: str
    organization_id: str
    livemode: bool
    status: str
    deadline: datetime | None
    quantity: int
    files_approved: int
    files_pending: int
    files_per_submission: int
    max_workers: int | None


_JOBS = Job.__table__.c
_LOCK = (
    select(*(_JOBS[field.name] for field in fields(JobSlots)))
    .where(_JOBS.id == bindparam("job"), _JOBS.organization_id == bindparam("organization"), _JOBS.livemode)
    .with_for_update()
)
_TAKE = (
    update(Job.__table__)  # type: ignore[arg-type]
    .where(_JOBS.id == bindparam("job"))
    .values(files_pending=_JOBS.files_pending + bindparam("taken"), updated_at=bindparam("moment"))
)


async def lock_slots(session: AsyncSession, job_id: str, organization_id: str) -> JobSlots:
    """The slots of a live job, which nobody else gives away or takes back until the transaction ends.

    Raises:
        NotFound: the organization has no such job.
    """
    row = (await connection_of(session).execute(_LOCK, {"job": job_id, "organization": organization_id})).first()
    if row is None:
        raise NotFound(f"there is no job {job_id}", param="job_id")
    return JobSlots(*row)


async def take_slots(session: AsyncSession, job: JobSlots, count: int) -> None:
    """Count slots of a locked job as taken."""
    await connection_of(session).execute(_TAKE, {"job": job.id, "taken": count, "moment": now()})
