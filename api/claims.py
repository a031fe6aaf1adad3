"""The submissions table as the queue: claims with a lease, taken by one dispatcher at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.clock import after, now
from api.ids import new_id
from api.jobs.queries import lock_job
from api.rows import LockedRow, connection_of
from api.submissions.keys import SubmissionRow
from api.submissions.queries import lock_rows
from api.tables import Job, Submission

# Built once, as in `api.submissions.queries`.
_ROWS = Submission.__table__.c
_WAITING = (
    select(_ROWS.id)
    .where(_ROWS.claimable_at <= bindparam("moment"))
    .order_by(_ROWS.claimable_at)
    .limit(bindparam("count"))
    .with_for_update(skip_locked=True)
)
_CLAIM = (
    update(Submission.__table__)  # type: ignore[arg-type]
    .where(_ROWS.id.in_(_WAITING))
    .values(claimable_at=bindparam("until"), claim_token=bindparam("token"), engine_attempts=_ROWS.engine_attempts + 1)
    .returning(*_ROWS)
)
ANY_WAITING = select(_ROWS.id).where(_ROWS.claimable_at <= bindparam("moment")).limit(1)
_JOBS = select(Job).where(Job.id.in_(bindparam("ids", expanding=True)))


@dataclass(frozen=True, slots=True)
class Claim:
    """A pending submission that is ours until its lease runs out."""

    submission: SubmissionRow
    """As it was when it was claimed."""
    job: Job
    """Likewise; not attached to a session."""
    token: str


async def claim(session: AsyncSession, count: int, seconds: float) -> list[Claim]:
    """Take up to `count` pending submissions, those that wait longest first.

    The cost does not depend on how many wait: `claimable_at` is an index of the pending ones alone.
    """
    token = new_id("req")
    told = {"moment": now(), "until": after(seconds), "count": count, "token": token}
    claimed = await connection_of(session).execute(_CLAIM, told)
    rows = sorted(claimed, key=lambda row: row.submitted_at or row.created_at)
    if not rows:
        return []
    jobs = await session.scalars(_JOBS, {"ids": list({row.job_id for row in rows})})
    by_id = {job.id: job for job in jobs}
    return [Claim(row, by_id[row.job_id], token) for row in rows]


async def renew(session: AsyncSession, claims: Sequence[Claim], seconds: float) -> None:
    """Hold on to claims whose submissions are still being scored.

    Those that are locked are left out, since they are being decided, or their job ends: to wait for them would deadlock
    with a transaction that goes on to lock others of the claims.
    """
    tokens = {one.token for one in claims}
    ours = (
        select(Submission.id)
        .where(Submission.id.in_([one.submission.id for one in claims]), Submission.claim_token.in_(tokens))
        .with_for_update(skip_locked=True)
    )
    held = (
        update(Submission)
        .where(Submission.id.in_(ours))
        .values(claimable_at=after(seconds))
        .execution_options(synchronize_session=False)
    )
    await session.execute(held)


async def release(session: AsyncSession, one: Claim, seconds: float, *, uncount: bool = False) -> None:
    """Let others try after a pause.

    Args:
        session: of the transaction.
        one: the claim.
        seconds: the pause.
        uncount: the try says nothing about the file, as when the dispatcher is told to stop.
    """
    attempts = Submission.engine_attempts - (1 if uncount else 0)
    freed = (
        update(Submission)
        .where(Submission.id == one.submission.id, Submission.claim_token == one.token)
        .values(claimable_at=after(seconds), claim_token=None, engine_attempts=attempts)
        .execution_options(synchronize_session=False)
    )
    await session.execute(freed)


async def lock_claimed(session: AsyncSession, one: Claim) -> tuple[Job, LockedRow] | None:
    """Job and submission of a claim, locked; `None` when it is not ours any more (or the job has ended)."""
    job, ours = await lock_all_claimed(session, [one])
    return (job, ours[one.submission.id]) if ours else None


async def lock_all_claimed(session: AsyncSession, claims: Sequence[Claim]) -> tuple[Job, dict[str, LockedRow]]:
    """The job of the claims, which is one, and by their ids the submissions that are ours still, all locked."""
    job = await lock_job(session, claims[0].job.id)
    tokens = {one.submission.id: one.token for one in claims}
    locked = await lock_rows(session, tokens)
    ours = (one for one in locked if one.status == "pending_score" and one.claim_token == tokens[one.id])
    return job, {one.id: one for one in ours}
