"""Giving a job's slots away and taking them back. The job is locked all the while."""

from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.clock import after, now
from api.errors import Conflict
from api.ids import new_id
from api.jobs.schemas import slots_open
from api.jobs.slots import JobSlots, take_slots
from api.rows import connection_of, write_rows
from api.tables import Job, Submission
from configs.settings import CollectionSettings

# Built once, since every slot that is given away asks for them.
_SUBMISSIONS = Submission.__table__.c
_TAKEN = select(func.count()).where(
    _SUBMISSIONS.job_id == bindparam("job"), _SUBMISSIONS.worker_id == bindparam("worker")
)
_OPEN_LEASES = _TAKEN.where(_SUBMISSIONS.status == "awaiting_upload")


def require_slot(job: Job | JobSlots) -> None:
    """Raises:
    Conflict: the job has ended, or every slot is taken.
    """
    if job.status != "active" or (job.deadline is not None and job.deadline <= now()):
        raise Conflict(f"this job takes no files any more ({job.status})", code="job_not_active")
    if slots_open(job) < 1:
        raise Conflict("every slot of this job is taken; one may come back later", code="no_slots_open")


async def lease_slots(
    session: AsyncSession, job: JobSlots, worker_id: str, settings: CollectionSettings
) -> list[Submission]:
    """Give a worker as many slots as the job wants of one person at a time.

    Returns:
        What is written, as entities of no session.

    Raises:
        Conflict: no slot is open, the job has its workers, or this one holds enough slots already.
    """
    require_slot(job)
    await _check_worker(session, job, worker_id, settings)
    count = min(job.files_per_submission, slots_open(job))
    leases = [_lease(job, settings, worker_id=worker_id) for _ in range(count)]
    await take_slots(session, job, count)
    await write_rows(session, Submission, leases)
    return [Submission(**lease) for lease in leases]


def take_slot(session: AsyncSession, job: Job, settings: CollectionSettings) -> Submission:
    """Take one slot for the client's own file, which has yet to come.

    Raises:
        Conflict: no slot is open.
    """
    require_slot(job)
    job.files_pending += 1
    taken = Submission(**_lease(job, settings, worker_id=None), arrival_check_at=now())
    session.add(taken)
    return taken


def free_slot(job: Job) -> None:
    """Take a slot back."""
    job.files_pending -= 1


async def _check_worker(session: AsyncSession, job: JobSlots, worker_id: str, settings: CollectionSettings) -> None:
    connection = connection_of(session)
    both = {"job": job.id, "worker": worker_id}
    waiting = (await connection.execute(_OPEN_LEASES, both)).scalar_one()
    if waiting >= max(settings.max_open_leases, job.files_per_submission):
        raise Conflict(f"upload the {waiting} files that you accepted before you accept more", code="too_many_leases")
    if job.max_workers is None or (await connection.execute(_TAKEN, both)).scalar_one():
        return
    workers = select(func.count(Submission.worker_id.distinct())).where(Submission.job_id == job.id)
    if (await connection.execute(workers)).scalar_one() >= job.max_workers:
        raise Conflict("this job has all the workers that it wants", code="max_workers")


def _lease(job: Job | JobSlots, settings: CollectionSettings, *, worker_id: str | None) -> dict[str, Any]:
    """The row of a slot that waits for a file."""
    moment = now()
    return {
        "id": new_id("sub"),
        "organization_id": job.organization_id,
        "job_id": job.id,
        "worker_id": worker_id,
        "livemode": job.livemode,
        "status": "awaiting_upload",
        "attempt": 1,
        "lease_expires_at": after(settings.upload_lease_seconds),
        "engine_attempts": 0,
        "paid_credits": 0,
        "struck": False,
        "created_at": moment,
        "updated_at": moment,
    }
