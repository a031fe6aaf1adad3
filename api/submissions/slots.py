"""Giving a job's slots away and taking them back. The job is locked all the while."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.clock import after, now
from api.errors import Conflict
from api.ids import new_id
from api.jobs.schemas import slots_open
from api.jobs.slots import JobSlots, take_slots
from api.rows import Written, connection_of, write_rows
from api.tables import Job, Submission
from configs.settings import CollectionSettings

# Built once, since every slot that is given away asks for them.
_SUBMISSIONS = Submission.__table__.c
_HELD = (
    select(
        _SUBMISSIONS.worker_id,
        func.count().label("taken"),
        func.count().filter(_SUBMISSIONS.status == "awaiting_upload").label("waiting"),
    )
    .where(_SUBMISSIONS.job_id == bindparam("job"), _SUBMISSIONS.worker_id.in_(bindparam("workers", expanding=True)))
    .group_by(_SUBMISSIONS.worker_id)
)
_WORKERS = select(func.count(_SUBMISSIONS.worker_id.distinct())).where(_SUBMISSIONS.job_id == bindparam("job"))


def require_slot(job: Job | JobSlots) -> None:
    """Raises:
    Conflict: the job has ended, or every slot is taken.
    """
    if job.status != "active" or (job.deadline is not None and job.deadline <= now()):
        raise Conflict(f"this job takes no files any more ({job.status})", code="job_not_active")
    if slots_open(job) < 1:
        raise Conflict("every slot of this job is taken; one may come back later", code="no_slots_open")


async def lease_slots(
    session: AsyncSession, job: JobSlots, worker_ids: Sequence[str], settings: CollectionSettings
) -> list[list[Written] | Conflict]:
    """Give workers, one after the other, as many slots as the job wants of one person at a time.

    Returns:
        For each what is written; or why it gets nothing: no slot is open, the job has its workers, or this one holds
        enough slots already.
    """
    held = await _held(session, job, worker_ids)
    outcomes: list[list[Written] | Conflict] = []
    rows: list[dict[str, Any]] = []
    for worker_id in worker_ids:
        open_job = replace(job, files_pending=job.files_pending + len(rows))
        try:
            require_slot(open_job)
            held.require_room(job, worker_id, settings)
        except Conflict as refusal:
            outcomes.append(refusal)
            continue
        count = min(job.files_per_submission, slots_open(open_job))
        leases = [_lease(job, settings, worker_id=worker_id) for _ in range(count)]
        held.add(worker_id, count)
        rows += leases
        outcomes.append([Written(Submission, lease) for lease in leases])
    if rows:
        await take_slots(session, job, len(rows))
        # By worker, as settlements lock them: each row holds on to its worker's.
        await write_rows(session, Submission, sorted(rows, key=itemgetter("worker_id")))
    return outcomes


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


@dataclass(slots=True)
class _Held:
    """What workers have of a locked job."""

    taken: Counter[str] = field(default_factory=Counter)
    """Every submission, by worker."""
    waiting: Counter[str] = field(default_factory=Counter)
    """Those that wait for their file."""
    workers: int = 0
    """How many have any; counted where the job has a limit."""

    def require_room(self, job: JobSlots, worker_id: str, settings: CollectionSettings) -> None:
        """Raises:
        Conflict: the worker holds enough, or the job has its workers.
        """
        waiting = self.waiting[worker_id]
        if waiting >= max(settings.max_open_leases, job.files_per_submission):
            message = f"upload the {waiting} files that you accepted before you accept more"
            raise Conflict(message, code="too_many_leases")
        if job.max_workers is not None and not self.taken[worker_id] and self.workers >= job.max_workers:
            raise Conflict("this job has all the workers that it wants", code="max_workers")

    def add(self, worker_id: str, count: int) -> None:
        self.workers += not self.taken[worker_id]
        self.taken[worker_id] += count
        self.waiting[worker_id] += count


async def _held(session: AsyncSession, job: JobSlots, worker_ids: Sequence[str]) -> _Held:
    held, connection = _Held(), connection_of(session)
    for worker_id, taken, waiting in await connection.execute(_HELD, {"job": job.id, "workers": list(set(worker_ids))}):
        held.taken[worker_id], held.waiting[worker_id] = taken, waiting
    if job.max_workers is not None:
        held.workers = (await connection.execute(_WORKERS, {"job": job.id})).scalar_one()
    return held


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
