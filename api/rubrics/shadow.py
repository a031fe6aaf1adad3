"""What a rubric would make of the newest stored submissions of a scope, without writing anything."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Row, select

from api.db import Database
from api.rubrics.rescoring import RESCORED_STATUSES, Change, compare, stored_evidence
from api.rubrics.scope import Scope
from api.tables import Job, Submission
from pipeline.rubric import Rubric

PAGE_ROWS = 200


@dataclass(slots=True)
class Shadow:
    """Two rubrics on the same files."""

    files: int = 0
    skipped: int = 0
    approved_before: int = 0
    approved_after: int = 0
    decisions_changed: int = 0
    """Approved by one of the two rubrics alone."""
    stars: dict[str, int] = field(default_factory=dict)
    """`4→2` and how many files."""

    def add(self, before: Change, after: Change) -> None:
        """Count one file."""
        passed, passes = before.would_be == "approved", after.would_be == "approved"
        self.files += 1
        self.approved_before += passed
        self.approved_after += passes
        self.decisions_changed += passed != passes
        moved = f"{before.stars_after}→{after.stars_after}"
        self.stars[moved] = self.stars.get(moved, 0) + 1


async def shadow(db: Database, scope: Scope, rubric: Rubric, beside: Rubric, limit: int) -> Shadow:
    """Score the newest live submissions of a scope by a rubric beside another one.

    Args:
        db: the database; a page of submissions is in memory at a time.
        scope: of the jobs.
        rubric: that is judged.
        beside: that it is compared with.
        limit: so many submissions at most.
    """
    told, before = Shadow(), ""
    while told.files + told.skipped < limit:
        rows = await _page(db, scope, before, min(PAGE_ROWS, limit - told.files - told.skipped))
        if not rows:
            break
        for row, job in rows:
            evidence = (await stored_evidence(job, [row]))[row.id]
            first, second = (compare(job, row, evidence, one) for one in (beside, rubric))
            if isinstance(first, Change) and isinstance(second, Change):
                told.add(first, second)
            else:
                told.skipped += 1
            before = row.id
    return told


async def _page(db: Database, scope: Scope, before: str, rows: int) -> Sequence[Row[Submission, Job]]:
    query = (
        select(Submission, Job)
        .join(Job, Job.id == Submission.job_id)
        .where(Submission.livemode, Submission.status.in_(RESCORED_STATUSES), Submission.file_id.is_not(None))
        .order_by(Submission.id.desc())
        .limit(rows)
    )
    if scope.organization_id is not None:
        query = query.where(Submission.organization_id == scope.organization_id)
    if scope.content_type is not None:
        query = query.where(Job.content_type == scope.content_type)
    if before:
        query = query.where(Submission.id < before)
    async with db.read() as session:
        return (await session.execute(query)).all()
