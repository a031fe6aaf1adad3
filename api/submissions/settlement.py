"""What a decision does: status, slot, money, strike, file and events, in the transaction of its caller.

Locks are taken in one order everywhere: job, submission, worker, accounts.
"""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.clock import after, now
from api.credits.ledger import Movement, move
from api.events import EventType, emit, record
from api.jobs.lifecycle import end_job
from api.submissions.schemas import SubmissionResource
from api.submissions.slots import free_slot
from api.tables import Job, Submission, Worker
from configs.settings import CollectionSettings
from pipeline.decision import Decision

_EVENTS: dict[str, EventType] = {
    "approved": "submission.approved",
    "rejected": "submission.rejected",
    "needs_review": "submission.needs_review",
}


async def settle(
    session: AsyncSession, job: Job, submission: Submission, decision: Decision, settings: CollectionSettings
) -> None:
    """Carry out the decision on a submission that is `pending_score`. Job and submission are locked."""
    submission.status, submission.decided_at = decision.status, now()
    submission.claimable_at = submission.claim_token = None
    match decision.status:
        case "approved":
            free_slot(job)
            await approve(session, job, submission)
        case "rejected":
            free_slot(job)
            await session.flush()
        case "retry_pending":
            submission.lease_expires_at = after(settings.upload_lease_seconds)
            submission.decided_at = None
            await session.flush()
        case "needs_review":
            submission.decided_at = None
            await session.flush()
    if decision.strike and submission.worker_id is not None:
        await strike(session, submission, settings)
    tell(session, submission, actor="engine", scored=decision.status != "needs_review")
    await complete_when_full(session, job)


async def approve(session: AsyncSession, job: Job, submission: Submission) -> None:
    """Count and pay an approved submission, out of what the job holds. Its slot is free already."""
    job.files_approved += 1
    job.approvals += 1
    if job.livemode:
        job.spent_credits += job.reward_per_file
        job.held_credits -= job.reward_per_file if job.status == "active" else 0
        submission.paid_credits = job.reward_per_file
    await session.flush()
    if job.livemode:
        await _earn(session, submission, job.reward_per_file)
        await move(session, job.organization_id, _capture(job, submission))


async def take_back(session: AsyncSession, job: Job, submission: Submission) -> None:
    """Undo the approval of a submission: the reward goes back to where the job holds it, or to what is available."""
    job.files_approved -= 1
    job.reversals += 1
    active, paid = job.status == "active", submission.paid_credits
    if job.livemode:
        job.spent_credits -= job.reward_per_file
        job.held_credits += job.reward_per_file if active else 0
        submission.paid_credits = 0
    await session.flush()
    if paid:
        await _earn(session, submission, -paid)
        await move(session, job.organization_id, _refund(job, submission, "held" if active else "available", paid))


async def strike(session: AsyncSession, submission: Submission, settings: CollectionSettings) -> None:
    """Give the submission's worker a strike, and ban it when that was the last one."""
    submission.struck = True
    counted = (
        update(Worker)
        .where(Worker.id == submission.worker_id)
        .values(strikes=Worker.strikes + 1, updated_at=now())
        .returning(Worker.strikes, Worker.status)
        .execution_options(synchronize_session=False)
    )
    strikes, status = (await session.execute(counted)).one()
    if strikes >= settings.strikes_to_ban and status == "active":
        reason = f"{strikes} strikes"
        ban = update(Worker).where(Worker.id == submission.worker_id).values(status="banned", banned_reason=reason)
        await session.execute(ban.execution_options(synchronize_session=False))
        _record(session, submission, "worker.banned", "engine", subject_id=submission.worker_id, strikes=strikes)


async def lift_strike(session: AsyncSession, submission: Submission) -> None:
    """Take a strike back that a person found undeserved; a ban stays until it is lifted by hand."""
    submission.struck = False
    lifted = (
        update(Worker)
        .where(Worker.id == submission.worker_id, Worker.strikes > 0)
        .values(strikes=Worker.strikes - 1, updated_at=now())
    )
    await session.execute(lifted.execution_options(synchronize_session=False))


async def lock_worker(session: AsyncSession, submission: Submission) -> None:
    """Before money moves: a worker's row is locked before the accounts, always, so that two decisions never lock up."""
    if submission.worker_id is not None:
        locked = select(Worker.id).where(Worker.id == submission.worker_id).with_for_update(key_share=True)
        await session.execute(locked)


async def complete_when_full(session: AsyncSession, job: Job) -> None:
    """End the job once its quantity is approved."""
    if job.status == "active" and job.files_approved == job.quantity:
        await end_job(session, job, "completed", actor="system")


def tell(
    session: AsyncSession, submission: Submission, *, actor: str, scored: bool, request_id: str | None = None
) -> None:
    """The events and the audit entry of a submission's new status."""
    data = submission_data(submission)
    if scored:
        emit(session, submission.organization_id, submission.livemode, "submission.scored", data)
    if submission.status in _EVENTS:
        emit(session, submission.organization_id, submission.livemode, _EVENTS[submission.status], data)
    _record(
        session,
        submission,
        f"submission.{submission.status}",
        actor,
        subject_id=submission.id,
        request_id=request_id,
        score=submission.score,
        attempt=submission.attempt,
    )


def submission_data(submission: Submission) -> dict[str, Any]:
    """A submission as events carry it: without the evidence, which is long."""
    data = SubmissionResource.of(submission).model_dump(mode="json", exclude={"upload"})
    if data["score_breakdown"] is not None:
        data["score_breakdown"].pop("evidence", None)
    return data


async def _earn(session: AsyncSession, submission: Submission, credits: int) -> None:
    if submission.worker_id is None:
        return
    earned = (
        update(Worker)
        .where(Worker.id == submission.worker_id)
        .values(earned_credits=Worker.earned_credits + credits, updated_at=now())
    )
    await session.execute(earned.execution_options(synchronize_session=False))


def _capture(job: Job, submission: Submission) -> Movement:
    return Movement(
        "capture",
        "held",
        "paid",
        job.reward_per_file,
        f"capture:{submission.id}:{job.approvals}",
        f"Approved {submission.id}",
        job.id,
        submission.id,
    )


def _refund(job: Job, submission: Submission, target: Any, credits: int) -> Movement:
    return Movement(
        "refund",
        "paid",
        target,
        credits,
        f"refund:{submission.id}:{job.reversals}",
        f"Approval of {submission.id} taken back",
        job.id,
        submission.id,
    )


def _record(session: AsyncSession, submission: Submission, action: str, actor: str, **told: Any) -> None:
    record(session, submission.organization_id, action, actor=actor, job_id=submission.job_id, **told)
