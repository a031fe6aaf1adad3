"""People's verdicts with the evidence that they were given on, as the calibration takes them."""

from dataclasses import dataclass

from pydantic import ValidationError
from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.decisions import ALTERED
from api.jobs.schemas import brief_of
from api.rubrics.scope import Scope
from api.tables import Job, Label, Submission
from pipeline.calibration_model import LabelledFile
from pipeline.evidence import evidence_of

MAX_LABELS = 20_000
"""The newest ones; their evidence takes about 100 MB."""
PAGE_ROWS = 500


@dataclass(frozen=True, slots=True)
class Labels:
    """What people said about the jobs of a scope."""

    files: list[LabelledFile]
    """One for each submission, with the newest verdict."""
    without_evidence: int
    """Verdicts on files that the engine could not score, or that a broken upload had altered."""


async def labels_of(session: AsyncSession, scope: Scope) -> Labels:
    """The verdicts on live submissions; those of the sandbox are on generated media.

    Args:
        session: of `Database.snapshot`, since the rows are streamed.
        scope: of the jobs.
    """
    found, passed_over = [], 0
    rows = await session.stream(_newest(scope).execution_options(yield_per=PAGE_ROWS))
    async for label, job in rows:
        file = labelled(label, job)
        if file is None:
            passed_over += 1
        else:
            found.append(file)
    return Labels(found, passed_over)


def labelled(label: Label, job: Job) -> LabelledFile | None:
    """A verdict as the calibration takes it; `None` when there is no evidence to learn from."""
    stored = label.evidence
    if stored is None or any(deduction["code"] == ALTERED for deduction in stored.get("deductions", ())):
        return None
    try:
        evidence = evidence_of(stored)
    except ValidationError:  # of another release
        return None
    approved = label.decision == "approve"
    return LabelledFile(label.submission_id, evidence, brief_of(job), job.min_star_rating, approved, label.score)


def _newest(scope: Scope) -> Select[Label, Job]:
    last = select(func.max(Label.id)).group_by(Label.submission_id)
    if scope.organization_id is not None:
        last = last.where(Label.organization_id == scope.organization_id)
    query = (
        select(Label, Job)
        .join(Submission, Submission.id == Label.submission_id)
        .join(Job, Job.id == Submission.job_id)
        .where(Label.id.in_(last), Submission.livemode)
        .order_by(Label.id.desc())
        .limit(MAX_LABELS)
    )
    if scope.content_type is not None:
        query = query.where(Job.content_type == scope.content_type)
    return query
