"""Scoring the stored submissions of a job again: first what would change, then, when it is asked for, the change.

Stars and reasons are written; decisions, money, strikes and slots are not. A submission whose new stars would have
decided otherwise is marked as disputed, and stays so until a person decides it by the review route.
"""

import json
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic import ValidationError
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.clock import now
from api.db import Database
from api.decisions import as_announced, breakdown_of, decision_of
from api.events import record
from api.ids import new_id
from api.jobs.queries import lock_job
from api.jobs.schemas import brief_of
from api.tables import EarlierScore, File, Job, Rescoring, Submission
from pipeline.evidence import Evidence, evidence_of
from pipeline.result import ScoreResult
from pipeline.rubric import Rubric
from pipeline.score import score

PAGE_ROWS = 200
"""Submissions of one transaction: it takes about a tenth of a second, and the job is locked meanwhile."""
RESCORED_STATUSES = ("approved", "rejected", "retry_pending", "surplus")
"""The others wait for an upload, a score or a person, and have none that counts."""
DISPUTABLE_STATUSES = ("approved", "rejected", "retry_pending")
ACTOR = "operator"


@dataclass(frozen=True, slots=True)
class Change:
    """A submission's stored score and the one that it has under another rubric."""

    submission_id: str
    file_id: str
    status: str
    """As decided."""
    would_be: str
    """What the new stars would decide."""
    stars_before: int
    """The engine's, whatever a person said."""
    stars_after: int
    reasons_before: tuple[str, ...]
    reasons_after: tuple[str, ...]
    reviewed: bool
    """A person decided it, so it is not disputed."""
    breakdown_before: Mapping[str, Any]
    breakdown_after: Mapping[str, Any]

    @property
    def moved(self) -> bool:
        """Whether the stars or the reasons differ."""
        return self.stars_before != self.stars_after or self.reasons_before != self.reasons_after

    @property
    def stale(self) -> bool:
        """Whether there is anything to write; the same stars from another rubric are, since scores name theirs."""
        return self.breakdown_before != self.breakdown_after

    @property
    def disputed(self) -> bool:
        """Whether the new stars would have decided about approval otherwise."""
        decided = self.status in DISPUTABLE_STATUSES and not self.reviewed
        return decided and (self.status == "approved") != (self.would_be == "approved")

    def to_json(self) -> dict[str, Any]:
        return {
            "submission_id": self.submission_id,
            "file_id": self.file_id,
            "status": self.status,
            "would_be": self.would_be,
            "stars_before": self.stars_before,
            "stars_after": self.stars_after,
            "reasons_before": list(self.reasons_before),
            "reasons_after": list(self.reasons_after),
            "reviewed": self.reviewed,
            "disputed": self.disputed,
        }


@dataclass(frozen=True, slots=True)
class Skipped:
    """A submission that cannot be scored again, and why."""

    submission_id: str
    reason: str


Outcome = Change | Skipped


class Looks(Protocol):
    """Where evidence comes from: the store of evidence, or the models."""

    async def __call__(self, job: Job, rows: Sequence[Submission]) -> Mapping[str, Evidence | str]:
        """Evidence of each submission by its id, or the reason why there is none."""


async def stored_evidence(job: Job, rows: Sequence[Submission]) -> Mapping[str, Evidence | str]:
    """What the models saw when the files were scored."""
    return {row.id: _stored(row) for row in rows}


def _stored(row: Submission) -> Evidence | str:
    try:
        return evidence_of((row.score_breakdown or {})["evidence"])
    except KeyError:
        return "it has no evidence"
    except ValidationError:
        return "its evidence is of another release"


async def find_changes(db: Database, job: Job, rubric: Rubric, look: Looks = stored_evidence) -> AsyncIterator[Outcome]:
    """What would change, in the order of the submissions; a page of them is in memory at a time."""
    after = ""
    while True:
        async with db.read() as session:
            rows = await _page(session, job.id, after)
        if not rows:
            return
        seen = await look(job, rows)
        for row in rows:
            yield compare(job, row, seen[row.id], rubric)
        after = rows[-1].id


async def begin(session: AsyncSession, job: Job, rubric: Rubric, weights: Mapping[str, str]) -> Rescoring:
    """A new rescoring of the job, or the same one where it was interrupted and none came after it."""
    query = select(Rescoring).where(Rescoring.job_id == job.id).order_by(Rescoring.id.desc()).limit(1)
    latest = await session.scalar(query)
    if latest is not None and latest.status == "running":
        wanted = rubric.digest, dict(weights)
        if (latest.rubric_digest, latest.weights) == wanted:
            return latest
    made = Rescoring(
        id=new_id("rsc"),
        organization_id=job.organization_id,
        job_id=job.id,
        rubric_version=rubric.version,
        rubric_digest=rubric.digest,
        weights=dict(weights),
    )
    session.add(made)
    _record(session, job, "job.rescoring", made.id, rubric=rubric.version, digest=rubric.digest)
    return made


async def apply_page(
    db: Database, rescoring_id: str, rubric: Rubric, look: Looks = stored_evidence
) -> Sequence[Outcome] | None:
    """Write the next submissions in one transaction; `None` when there are no more.

    Evidence is taken before the transaction, since models take their time. A submission that was scored, retried or
    ended meanwhile is passed over. Two processes that apply the same rescoring take turns.
    """
    async with db.read() as session:
        rescoring = await session.get_one(Rescoring, rescoring_id)
        job = await session.get_one(Job, rescoring.job_id)
        rows = await _page(session, job.id, rescoring.cursor)
    seen, files = await look(job, rows), {row.id: row.file_id for row in rows}
    async with db.write() as session:
        job = await lock_job(session, job.id)
        locked = await session.get_one(Rescoring, rescoring_id, with_for_update=True, populate_existing=True)
        if locked.cursor != rescoring.cursor:
            return ()
        if not rows:
            _finish(session, job, locked)
            return None
        current = await _page(session, job.id, locked.cursor, among=files)
        same = [row for row in current if files.get(row.id) == row.file_id]
        outcomes = [compare(job, row, seen[row.id], rubric) for row in same]
        await _write(session, job, locked, [one for one in outcomes if isinstance(one, Change)])
        locked.cursor, locked.counts = rows[-1].id, add_counts(locked.counts, outcomes)
        return outcomes


async def disputed_of(session: AsyncSession, job_id: str, after: str = "", limit: int = PAGE_ROWS) -> list[Submission]:
    """Submissions that wait for a person since a rescoring, a page at a time."""
    query = select(Submission).where(
        Submission.job_id == job_id,
        Submission.disputed_by.is_not(None),
        Submission.status.in_(DISPUTABLE_STATUSES),
        Submission.id > after,
    )
    return list(await session.scalars(query.order_by(Submission.id).limit(limit)))


def add_counts(counts: Mapping[str, Any], outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Totals of a rescoring with some more outcomes: files, moved, disputed, skipped, and the two matrices."""
    stars, statuses = dict(counts.get("stars", {})), dict(counts.get("statuses", {}))
    changes = [one for one in outcomes if isinstance(one, Change)]
    for one in changes:
        _count(stars, f"{one.stars_before}→{one.stars_after}")
        _count(statuses, f"{one.status}→{one.would_be}")
    return {
        "files": counts.get("files", 0) + len(changes),
        "moved": counts.get("moved", 0) + sum(one.moved for one in changes),
        "disputed": counts.get("disputed", 0) + sum(one.disputed for one in changes),
        "skipped": counts.get("skipped", 0) + len(outcomes) - len(changes),
        "stars": stars,
        "statuses": statuses,
    }


def _count(counted: dict[str, int], key: str) -> None:
    counted[key] = counted.get(key, 0) + 1


async def _page(
    session: AsyncSession, job_id: str, after: str, *, among: Collection[str] | None = None
) -> Sequence[Submission]:
    """The next that can be rescored; with `among` those of them that still can, locked."""
    query = (
        select(Submission)
        .where(
            Submission.job_id == job_id,
            Submission.id > after,
            Submission.status.in_(RESCORED_STATUSES),
            Submission.file_id.is_not(None),
        )
        .order_by(Submission.id)
        .limit(PAGE_ROWS)
    )
    if among is not None:
        query = query.where(Submission.id.in_(among)).with_for_update().execution_options(populate_existing=True)
    return (await session.scalars(query)).all()


def compare(job: Job, row: Submission, seen: Evidence | str, rubric: Rubric) -> Outcome:
    """What a submission has, and what it would have under a rubric."""
    if isinstance(seen, str):
        return Skipped(row.id, seen)
    if seen.encoder not in rubric.relevance:
        return Skipped(row.id, f"the rubric has no curve for {seen.encoder}")
    before = row.score_breakdown or {}
    stars_before = _engine_stars(row, before)
    if stars_before is None:
        return Skipped(row.id, "it has no score yet")
    result = ScoreResult(score(seen, brief_of(job), rubric), seen, None, None, ())
    result = as_announced(result, row.declared_sha256)
    after = json.loads(json.dumps(breakdown_of(job, result)))  # as it is stored, for the comparison
    return Change(
        submission_id=row.id,
        file_id=row.file_id or "",
        status=row.status,
        would_be=decision_of(job, row, result).status,
        stars_before=stars_before,
        stars_after=result.score.stars,
        reasons_before=tuple(before.get("reasons", ())),
        reasons_after=result.score.reasons,
        reviewed=row.reviewed_at is not None,
        breakdown_before=before,
        breakdown_after=after,
    )


def _engine_stars(row: Submission, breakdown: Mapping[str, Any]) -> int | None:
    """Where the engine never had any, those of the person who approved the file."""
    named = breakdown.get("evidence", {}).get("rubric", {})
    stars: int | None = named.get("stars", row.score)
    return stars


async def _write(session: AsyncSession, job: Job, rescoring: Rescoring, changes: Sequence[Change]) -> None:
    stale = [one for one in changes if one.stale]
    if not stale:
        return
    session.add_all(_earlier(rescoring, one) for one in stale)
    await session.execute(update(Submission), [_submission_row(rescoring, one) for one in stale])
    await session.execute(update(File), [_file_row(one) for one in stale])
    for one in stale:
        if one.moved or one.disputed:
            told = {"before": one.stars_before, "after": one.stars_after, "status": one.status}
            told |= {"would_be": one.would_be, "disputed": one.disputed, "rescoring": rescoring.id}
            _record(session, job, "submission.rescored", one.submission_id, rubric=rescoring.rubric_version, **told)


def _earlier(rescoring: Rescoring, one: Change) -> EarlierScore:
    return EarlierScore(
        rescoring_id=rescoring.id,
        submission_id=one.submission_id,
        file_id=one.file_id,
        score=one.stars_before,
        score_breakdown=dict(one.breakdown_before),
    )


def _submission_row(rescoring: Rescoring, one: Change) -> dict[str, Any]:
    """A person's stars stay; a dispute that the new stars settle is over."""
    disputed_by = rescoring.id if one.disputed else None
    row = {"id": one.submission_id, "score_breakdown": dict(one.breakdown_after), "disputed_by": disputed_by}
    return row if one.reviewed else row | {"score": one.stars_after}


def _file_row(one: Change) -> dict[str, Any]:
    row = {"id": one.file_id, "score_breakdown": dict(one.breakdown_after)}
    return row if one.reviewed else row | {"score": one.stars_after}


def _finish(session: AsyncSession, job: Job, rescoring: Rescoring) -> None:
    if rescoring.status == "completed":
        return
    rescoring.status, rescoring.completed_at = "completed", now()
    totals = {name: rescoring.counts.get(name, 0) for name in ("files", "moved", "disputed", "skipped")}
    _record(session, job, "job.rescored", rescoring.id, rubric=rescoring.rubric_version, **totals)


def _record(session: AsyncSession, job: Job, action: str, subject_id: str, **details: Any) -> None:
    record(session, job.organization_id, action, actor=ACTOR, job_id=job.id, subject_id=subject_id, **details)
