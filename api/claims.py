"""The submissions table as the queue: claims with a lease, taken by one dispatcher at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from sqlalchemy import ColumnElement, Select, String, bindparam, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningUpdate

from api.clock import after, now
from api.ids import new_id
from api.jobs.queries import lock_job
from api.rows import LockedRow, connection_of
from api.submissions.keys import SubmissionRow
from api.submissions.queries import lock_rows
from api.tables import Job, Submission

ALONE_SECONDS = 1.0
"""Between two looks for other organizations in the queue of one, which take 2 ms."""

# Built once, as in `api.submissions.queries`.
_ROWS = Submission.__table__.c
_WAITING = (
    select(_ROWS.id)
    .where(_ROWS.claimable_at <= bindparam("moment"))
    .order_by(_ROWS.claimable_at)
    .limit(bindparam("count"))
    .with_for_update(skip_locked=True)
)


def _claiming(chosen: Select[tuple[str]]) -> ReturningUpdate[Any]:
    claimed = update(Submission.__table__).where(_ROWS.id.in_(chosen))  # type: ignore[arg-type]
    attempts = _ROWS.engine_attempts + 1
    told = {"claimable_at": bindparam("until"), "claim_token": bindparam("token"), "engine_attempts": attempts}
    return claimed.values(told).returning(*_ROWS)


def _organization_after(one: ColumnElement[str]) -> ColumnElement[str]:
    """The next one that has anything in the queue: a step along an index, however much it has there."""
    queue = Submission.__table__.alias()
    waiting = queue.c.claimable_at.is_not(None), queue.c.organization_id > one
    return select(func.min(queue.c.organization_id)).where(*waiting).scalar_subquery()


def _oldest_of_each() -> Select[tuple[str]]:
    """What waits longest of the next organizations, a submission of each."""
    first = select(
        _organization_after(bindparam("after", type_=String)).label("organization"), literal(1).label("place")
    )
    turns = first.cte("turns", recursive=True)
    more = select(_organization_after(turns.c.organization), turns.c.place + 1)
    turns = turns.union_all(more.where(turns.c.organization.is_not(None), turns.c.place < bindparam("count")))
    queue = Submission.__table__.alias()
    due = queue.c.organization_id == turns.c.organization, queue.c.claimable_at <= bindparam("moment")
    oldest = select(queue.c.id).where(*due).order_by(queue.c.claimable_at).limit(1).scalar_subquery()
    # Due is asked of the row that is locked too: Postgres looks again at one that another dispatcher has just claimed.
    chosen = _ROWS.id.in_(select(oldest).select_from(turns)), _ROWS.claimable_at <= bindparam("moment")
    return select(_ROWS.id).where(*chosen).with_for_update(skip_locked=True)


_CLAIM = _claiming(_WAITING)
_CLAIM_IN_TURN = _claiming(_oldest_of_each())
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


@dataclass(slots=True)
class Turns:
    """Whose turn it is in the queue of a dispatcher."""

    after: str = ""
    """Id of the organization that had the last turn; empty at the start of a round."""
    alone_until: float = 0.0
    """By `time.monotonic`: until then the queue is taken for that of one organization."""


async def claim(session: AsyncSession, count: int, seconds: float, turns: Turns | None = None) -> list[Claim]:
    """Take up to `count` pending submissions, those that wait longest first.

    With `turns` the organizations that have any take turns first, so that nobody's backlog stands before everybody's;
    what is left of `count` goes by time. The cost does not depend on how many wait: both ways follow indexes of the
    pending ones alone.
    """
    token = new_id("req")
    told = {"moment": now(), "until": after(seconds), "count": count, "token": token}
    connection, rows = connection_of(session), list[Any]()
    if turns is not None and monotonic() >= turns.alone_until:
        rows += await connection.execute(_CLAIM_IN_TURN, told | {"after": turns.after})
        if not turns.after and len(rows) < min(2, count):
            turns.alone_until = monotonic() + ALONE_SECONDS
        # Fewer than asked for: the round is over, and the next one begins with the first.
        turns.after = max(row.organization_id for row in rows) if len(rows) == count else ""
    if len(rows) < count:
        rows += await connection.execute(_CLAIM, told | {"count": count - len(rows)})
    rows.sort(key=lambda row: row.submitted_at or row.created_at)
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
