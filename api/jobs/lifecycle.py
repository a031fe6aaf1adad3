"""The end of a job: its open slots, its money and the event, in the transaction that ends it."""

from typing import Literal

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.clock import now
from api.credits.ledger import Movement, move
from api.events import EventType, emit, record
from api.jobs.schemas import JobResource
from api.tables import LIVE_STATUSES, File, Job, Submission

End = Literal["completed", "cancelled", "timed_out"]

_EVENTS: dict[End, EventType] = {
    "completed": "job.completed",
    "cancelled": "job.cancelled",
    "timed_out": "job.timed_out",
}


async def end_job(session: AsyncSession, job: Job, end: End, *, actor: str, request_id: str | None = None) -> None:
    """End an active job that is locked: live submissions become `surplus`, what is held returns.

    Args:
        session: of the transaction.
        job: locked and `active`.
        end: its last status.
        actor: for the audit.
        request_id: for the audit.
    """
    left = job.held_credits
    job.status, job.held_credits, job.files_pending, job.ended_at = end, 0, 0, now()
    await session.flush()
    await _surplus(session, job)
    if left:
        release = Movement("release", "held", "available", left, f"release:{job.id}", f"Rest of {job.id}", job.id)
        await move(session, job.organization_id, release)
    emit(session, job.organization_id, job.livemode, _EVENTS[end], job_data(job))
    record(
        session,
        job.organization_id,
        f"job.{end}",
        actor=actor,
        job_id=job.id,
        subject_id=job.id,
        request_id=request_id,
        released_credits=left,
    )


def job_data(job: Job) -> dict[str, object]:
    """A job as events carry it."""
    return JobResource.of(job).model_dump(mode="json")


async def _surplus(session: AsyncSession, job: Job) -> None:
    second_tries = (
        select(Submission.file_id)
        .where(Submission.job_id == job.id, Submission.status == "retry_pending")
        .order_by(Submission.id)
        .with_for_update()  # submissions before files, as a retry has it
    )
    open_files = (await session.scalars(second_tries)).all()
    await session.execute(
        update(File)
        .where(File.id.in_(open_files))
        .values(status="surplus", updated_at=now())
        .execution_options(synchronize_session=False)
    )
    live = select(Submission.id).where(Submission.job_id == job.id, Submission.status.in_(LIVE_STATUSES))
    await session.execute(
        update(Submission)
        .where(Submission.id.in_(live))
        .values(
            status="surplus",
            claimable_at=None,
            claim_token=None,
            lease_expires_at=None,
            arrival_check_at=None,
            updated_at=now(),
        )
        .execution_options(synchronize_session="fetch")
    )
