"""What a decision does: status, slot, money, strike, file and events, in the transaction of its caller.

Locks are taken in one order everywhere: job, submissions, workers, accounts.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import String, bindparam, cast, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.clock import after, now
from api.credits.ledger import Movement, move, move_all
from api.events import EventType, emit, record
from api.jobs.lifecycle import end_job
from api.rows import LockedRow, connection_of, write_appended, write_changes
from api.submissions.keys import OpenSubmission, SubmissionRow
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
    session: AsyncSession, job: Job, submission: OpenSubmission, decision: Decision, settings: CollectionSettings
) -> None:
    """Carry out one decision."""
    settlement = Settlement(job, settings)
    settlement.decide(submission, decision)
    await settlement.carry_out(session)


class Settlement:
    """Decisions on submissions of one job that are `pending_score`, carried out together. All are locked."""

    def __init__(self, job: Job, settings: CollectionSettings) -> None:
        self._job = job
        self._settings = settings
        self._decided: list[tuple[OpenSubmission, Decision]] = []
        self._captures: list[Movement] = []

    def decide(self, submission: OpenSubmission, decision: Decision) -> None:
        """Change the rows in memory; they are written by `carry_out`."""
        submission.status, submission.decided_at = decision.status, now()
        submission.updated_at = submission.decided_at
        submission.claimable_at = submission.claim_token = None
        submission.struck = submission.struck or (decision.strike and submission.worker_id is not None)
        match decision.status:
            case "approved":
                free_slot(self._job)
                _count_approval(self._job, submission)
                if self._job.livemode:
                    self._captures.append(_capture(self._job, submission))
            case "rejected":
                free_slot(self._job)
            case "retry_pending":
                submission.lease_expires_at = after(self._settings.upload_lease_seconds)
                submission.decided_at = None
            case "needs_review":
                submission.decided_at = None
        self._decided.append((submission, decision))

    async def carry_out(self, session: AsyncSession) -> None:
        """Write it all. The accounts, which the whole organization waits for, are locked after everything else."""
        await session.flush()
        rows = [submission for submission, _ in self._decided if isinstance(submission, LockedRow)]
        await write_changes(session, Submission, rows)
        await self._reckon_with_workers(session)
        for submission, decision in self._decided:
            tell(session, submission, actor="engine", scored=decision.status != "needs_review")
        await write_appended(session)
        if self._captures:
            await move_all(session, self._job.organization_id, self._captures)
        await complete_when_full(session, self._job)

    async def _reckon_with_workers(self, session: AsyncSession) -> None:
        reckonings: dict[str, _Reckoning] = {}
        struck: dict[str, SubmissionRow] = {}
        for submission, decision in self._decided:
            if submission.worker_id is not None and (decision.strike or submission.paid_credits):
                reckoning = reckonings.setdefault(submission.worker_id, _Reckoning())
                reckoning.credits += submission.paid_credits
                reckoning.strikes += decision.strike
            if submission.worker_id is not None and decision.strike:
                struck[submission.worker_id] = submission
        if reckonings:
            await _reckon(session, reckonings)
        if struck:
            await _ban(session, struck, self._settings.strikes_to_ban)


async def approve(session: AsyncSession, job: Job, submission: Submission) -> None:
    """Count and pay an approved submission, out of what the job holds. Its slot is free already."""
    _count_approval(job, submission)
    await session.flush()
    if job.livemode:
        await _earn(session, submission, job.reward_per_file)
        await move(session, job.organization_id, _capture(job, submission))


def _count_approval(job: Job, submission: OpenSubmission) -> None:
    job.files_approved += 1
    job.approvals += 1
    if job.livemode:
        job.spent_credits += job.reward_per_file
        job.held_credits -= job.reward_per_file if job.status == "active" else 0
        submission.paid_credits = job.reward_per_file


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


async def _ban(session: AsyncSession, struck: Mapping[str, SubmissionRow], strikes_to_ban: int) -> None:
    """Ban those whose strike was the last one, of workers by their ids; the submissions say where it happened."""
    last = (
        update(Worker)
        .where(Worker.id.in_(struck), Worker.strikes >= strikes_to_ban, Worker.status == "active")
        .values(status="banned", banned_reason=cast(Worker.strikes, String).concat(" strikes"))
        .returning(Worker.id, Worker.strikes)
        .execution_options(synchronize_session=False)
    )
    for worker_id, strikes in (await session.execute(last)).all():
        last_one = struck[worker_id]
        record(
            session,
            last_one.organization_id,
            "worker.banned",
            actor="engine",
            subject_id=worker_id,
            strikes=strikes,
            submission_id=last_one.id,
        )


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
    session: AsyncSession,
    submission: SubmissionRow,
    *,
    actor: str,
    scored: bool,
    is_new: bool = True,
    request_id: str | None = None,
) -> None:
    """The events of a submission's status, where it is a new one, and the audit entry."""
    data = submission_data(submission)
    if scored:
        emit(session, submission.organization_id, submission.livemode, "submission.scored", data)
    if is_new and submission.status in _EVENTS:
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


def submission_data(submission: SubmissionRow) -> dict[str, Any]:
    """A submission as events carry it: without the evidence, which is long."""
    left_out: Any = {"upload": True, "score_breakdown": {"evidence"}}
    return SubmissionResource.of(submission).model_dump(mode="json", exclude=left_out)


async def _earn(session: AsyncSession, submission: Submission, credits: int) -> None:
    if submission.worker_id is not None:
        await _reckon(session, {submission.worker_id: _Reckoning(credits)})


@dataclass(slots=True)
class _Reckoning:
    """What decisions mean for a worker."""

    credits: int = 0
    strikes: int = 0


_RECKON = (
    update(Worker)
    .where(Worker.id == bindparam("worker"))
    .values(
        earned_credits=Worker.earned_credits + bindparam("credits"),
        strikes=Worker.strikes + bindparam("new_strikes"),
        updated_at=bindparam("moment"),
    )
)


async def _reckon(session: AsyncSession, reckonings: Mapping[str, _Reckoning]) -> None:
    """Write them, always in the order of the ids, so that two transactions never lock up."""
    moment = now()
    rows = [
        {"worker": worker_id, "credits": one.credits, "new_strikes": one.strikes, "moment": moment}
        for worker_id, one in sorted(reckonings.items())
    ]
    await connection_of(session).execute(_RECKON, rows)


def _capture(job: Job, submission: SubmissionRow) -> Movement:
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


def _record(session: AsyncSession, submission: SubmissionRow, action: str, actor: str, **told: Any) -> None:
    record(session, submission.organization_id, action, actor=actor, job_id=submission.job_id, **told)
