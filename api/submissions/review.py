"""A person's verdict on a submission: it overrides the engine's, and the money follows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller
from api.clock import now
from api.credits.ledger import Movement, move
from api.credits.low_balance import watch_balance
from api.errors import Conflict
from api.files import delivery
from api.files.delivery import Rendered
from api.ids import new_id
from api.jobs.queries import lock_job
from api.services import Services
from api.submissions.queries import find_submission, lock_submission
from api.submissions.schemas import Review
from api.submissions.settlement import approve, complete_when_full, lift_strike, lock_worker, take_back, tell
from api.submissions.slots import free_slot
from api.tables import File, Job, Label, Submission

REVIEWABLE = ("approved", "rejected", "needs_review", "retry_pending")


@asynccontextmanager
async def rendered(use: Services, caller: Caller, submission_id: str, body: Review) -> AsyncIterator[Rendered | None]:
    """Make what an approval delivers, before the transaction that approves; `None` where there is nothing to make.

    Raises:
        NotFound: the caller has no such submission.
        Conflict: its file cannot be delivered.
    """
    async with use.db.read() as session:
        submission = await find_submission(session, caller, submission_id)
        job = await session.get_one(Job, submission.job_id)
        file = await session.get(File, submission.file_id) if submission.file_id else None
    approves = body.decision == "approve" and submission.status in REVIEWABLE and submission.status != "approved"
    if not approves or (file is not None and file.delivered_key is not None):
        yield None
        return
    async with delivery.rendered(use, job, submission, file) as made:
        yield made


async def review(
    session: AsyncSession, caller: Caller, submission_id: str, body: Review, made: Rendered | None
) -> Submission:
    """Decide a submission by hand.

    Args:
        session: of the transaction.
        caller: who decides.
        submission_id: what on.
        body: how.
        made: by `rendered`, of the same submission.

    Raises:
        NotFound: the caller has no such submission.
        Conflict: there is no file to decide on, it is another one by now, or the job has its quantity already.
        InsufficientCredits: the job has ended, and its reward is not available any more.
    """
    seen = await find_submission(session, caller, submission_id)
    job = await lock_job(session, seen.job_id)
    submission = await lock_submission(session, submission_id)
    if submission.status not in REVIEWABLE:
        raise Conflict(f"a submission that is {submission.status} cannot be reviewed", code="not_reviewable")
    _keep_label(session, caller, submission, body)
    wanted = "approved" if body.decision == "approve" else "rejected"
    is_change = submission.status != wanted
    score = body.score or (_score(job, submission, wanted) if is_change else submission.score)
    if is_change:
        await _change(session, job, submission, wanted, score, made)
        await complete_when_full(session, job)
    submission.score = score
    submission.reviewed_at = submission.decided_at = now()
    submission.disputed_by = submission.failure = None
    if submission.file_id is not None:
        await _update_file(session, job, submission, body, is_change)
    tell(session, submission, actor=caller.key_id, scored=False, is_new=is_change, request_id=caller.request_id)
    await session.flush()
    return submission


async def _change(
    session: AsyncSession, job: Job, submission: Submission, wanted: str, score: int | None, made: Rendered | None
) -> None:
    before, submission.status = submission.status, wanted
    submission.lease_expires_at = None
    if before in ("needs_review", "retry_pending"):
        free_slot(job)
    if wanted == "rejected":
        if before == "approved":
            await take_back(session, job, submission)
        return
    _require_room(job)
    if job.status != "active" and job.livemode:
        await lock_worker(session, submission)
        await _hold_again(session, job, submission)
    if submission.struck:
        await lift_strike(session, submission)
    await approve(session, job, submission)
    assert score is not None
    await delivery.take(session, submission, made, score)


def _score(job: Job, submission: Submission, wanted: str) -> int | None:
    """The engine's, whatever was said before; without one, what the job asks for of a file that is approved."""
    named = ((submission.score_breakdown or {}).get("evidence") or {}).get("rubric", {})
    engines: int | None = named.get("stars", submission.score)
    return engines or (job.min_star_rating if wanted == "approved" else None)


def _require_room(job: Job) -> None:
    if job.files_approved + job.files_pending >= job.quantity:
        raise Conflict("every slot of this job is taken or approved already", code="no_slots_open")


async def _hold_again(session: AsyncSession, job: Job, submission: Submission) -> None:
    """The reward of one file, which the end of the job had released."""
    key = f"hold:{submission.id}:{job.approvals + 1}"
    hold = Movement(
        "hold",
        "available",
        "held",
        job.reward_per_file,
        key,
        f"Late approval of {submission.id}",
        job.id,
        submission.id,
    )
    await move(session, job.organization_id, hold)
    await watch_balance(session, job.organization_id)


async def _update_file(session: AsyncSession, job: Job, submission: Submission, body: Review, is_change: bool) -> None:
    """An approval that is confirmed keeps its number: by it dispatchers know what they have not compared with yet."""
    changed: dict[str, Any] = {"status": submission.status, "updated_at": now()}
    if submission.score is not None:
        changed["score"] = submission.score
    if is_change:
        changed["approval"] = job.approvals if submission.status == "approved" else None
    await session.execute(
        update(File).where(File.id == submission.file_id).values(changed).execution_options(synchronize_session=False)
    )


def _keep_label(session: AsyncSession, caller: Caller, submission: Submission, body: Review) -> None:
    """With the evidence as it is now: the file may be scored again, or be followed by that of a retry."""
    evidence = (submission.score_breakdown or {}).get("evidence")
    named = (evidence or {}).get("rubric", {})
    label = Label(
        id=new_id("lbl"),
        organization_id=caller.organization_id,
        submission_id=submission.id,
        file_id=submission.file_id,
        reviewer=caller.key_id,
        decision=body.decision,
        score=body.score,
        note=body.note,
        engine_score=named.get("stars"),
        rubric_version=named.get("version"),
        evidence=evidence,
    )
    session.add(label)
