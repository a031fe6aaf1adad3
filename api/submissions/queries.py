"""Reading submissions."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar

from sqlalchemy import BigInteger, Row, Select, bindparam, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from api.auth import Caller
from api.errors import NotFound
from api.rows import LockedRow, connection_of
from api.submissions.schemas import SubmissionSummary
from api.tables import SUBMISSION_STATUSES, Submission

Found = TypeVar("Found", bound=Submission | Row[Any])

# Built once, since they are a part of every submission: SQLAlchemy takes 0.3 ms to build such a statement anew.
_LOCK = (
    select(Submission)
    .where(Submission.id.in_(bindparam("ids", expanding=True)))
    .order_by(Submission.id)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_LOCK_OWN = _LOCK.where(Submission.worker_id == bindparam("worker_id"))
_ROWS = Submission.__table__.c
_ROWS_BY_ID = select(Submission.__table__).where(_ROWS.id.in_(bindparam("ids", expanding=True))).order_by(_ROWS.id)
_WORKERS_ROWS = _ROWS_BY_ID.where(_ROWS.worker_id.in_(bindparam("workers", expanding=True)))
_LOCK_ROWS, _LOCK_WORKERS_ROWS = _ROWS_BY_ID.with_for_update(), _WORKERS_ROWS.with_for_update()


def submissions_of(caller: Caller) -> Select[Submission]:
    """The caller's submissions, of its key's mode."""
    return select(Submission).where(
        Submission.organization_id == caller.organization_id, Submission.livemode == caller.livemode
    )


async def find_submission(session: AsyncSession, caller: Caller, submission_id: str) -> Submission:
    """A submission of the caller.

    Raises:
        NotFound: it has none of this id.
    """
    return found(await session.scalar(submissions_of(caller).where(Submission.id == submission_id)), submission_id)


async def lock_submission(session: AsyncSession, submission_id: str, worker_id: str | None = None) -> Submission:
    """A submission that nobody else changes until the transaction ends. Its job is locked before it, where both are.

    Raises:
        NotFound: there is none, or it is another worker's.
    """
    if worker_id is None:
        return found(await session.scalar(_LOCK, {"ids": [submission_id]}), submission_id)
    return found(await session.scalar(_LOCK_OWN, {"ids": [submission_id], "worker_id": worker_id}), submission_id)


async def workers_rows(
    connection: AsyncConnection, ids: Collection[str], worker_ids: Collection[str]
) -> Sequence[Row[Any]]:
    """The rows of workers' submissions."""
    return (await connection.execute(_WORKERS_ROWS, {"ids": list(ids), "workers": list(worker_ids)})).all()


async def lock_workers_rows(
    session: AsyncSession, ids: Collection[str], worker_ids: Collection[str]
) -> dict[str, Row[Any]]:
    """The same by id, locked as `lock_submission` does: handing files in needs no more."""
    chosen = {"ids": list(ids), "workers": list(worker_ids)}
    return {row.id: row for row in await connection_of(session).execute(_LOCK_WORKERS_ROWS, chosen)}


async def lock_rows(session: AsyncSession, ids: Collection[str]) -> list[LockedRow]:
    """Several submissions of a job that is locked."""
    rows = await connection_of(session).execute(_LOCK_ROWS, {"ids": list(ids)})
    return [LockedRow(Submission, row._asdict()) for row in rows]


def found(submission: Found | None, submission_id: str) -> Found:
    """The submission that a query found.

    Raises:
        NotFound: it found none.
    """
    if submission is None:
        raise NotFound(f"there is no submission {submission_id}", param="submission_id")
    return submission


def _counted(chosen: Select[Submission]) -> Select[str, int | None, int, int]:
    """Status, score, how many and paid credits. By job first: in the index's order nothing has to be hashed."""
    of_job = (
        chosen.with_only_columns(
            Submission.status,
            Submission.score,
            func.count().label("count"),
            func.coalesce(func.sum(Submission.paid_credits), 0).label("paid"),
        )
        .group_by(Submission.job_id, Submission.status, Submission.score)
        .subquery()
    )
    sums = (cast(func.sum(column), BigInteger) for column in (of_job.c.count, of_job.c.paid))
    return select(of_job.c.status, of_job.c.score, *sums).group_by(of_job.c.status, of_job.c.score)


async def summarize(session: AsyncSession, caller: Caller, job_id: str | None) -> SubmissionSummary:
    """Counts by status and score."""
    chosen = submissions_of(caller)
    if job_id is not None:
        chosen = chosen.where(Submission.job_id == job_id)
    rows = (await session.execute(_counted(chosen))).all()
    by_status = {status: sum(n for one, _, n, _ in rows if one == status) for status in SUBMISSION_STATUSES}
    by_score = {star: sum(n for _, score, n, _ in rows if score == star) for star in range(1, 6)}
    scored, decided = sum(by_score.values()), by_status["approved"] + by_status["rejected"]
    return SubmissionSummary(
        job_id=job_id,
        total=sum(by_status.values()),
        by_status=by_status,  # type: ignore[arg-type]  # the statuses are those of the literal
        by_score={str(star): count for star, count in by_score.items()},
        average_score=round(sum(star * n for star, n in by_score.items()) / scored, 3) if scored else None,
        approval_rate=round(by_status["approved"] / decided, 3) if decided else None,
        paid_credits=sum(paid for *_, paid in rows),
    )
