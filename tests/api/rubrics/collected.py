"""Submissions that were scored, settled and reviewed, without files: as many as a test wants, in seconds."""

import json
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from api.decisions import breakdown_of, decision_of
from api.ids import new_id
from api.jobs.queries import lock_job
from api.services import Services
from api.submissions.service import queue
from api.submissions.settlement import settle
from api.submissions.slots import take_slot
from api.tables import File, Job, Label, Submission
from pipeline.calibration_model import LabelledFile
from pipeline.result import ScoreResult
from pipeline.score import score
from tests.api.rubrics.witness import RUBRIC

IN_ONE_TRANSACTION = 500


async def collect(
    services: Services, job_id: str, files: Sequence[LabelledFile], *, reviewed: bool = True
) -> list[str]:
    """Score and settle the client's own files by the shipped rubric; ids of the submissions.

    The verdicts are kept as labels, as a review does that changes nothing else.
    """
    made: list[str] = []
    for start in range(0, len(files), IN_ONE_TRANSACTION):
        async with services.db.write() as session:
            job = await lock_job(session, job_id)
            for file in files[start : start + IN_ONE_TRANSACTION]:
                submission = await _settled(services, session, job, file)
                made.append(submission.id)
                if reviewed:
                    session.add(_label(submission, file))
    return made


async def _settled(services: Services, session: AsyncSession, job: Job, file: LabelledFile) -> Submission:
    submission = take_slot(session, job, services.settings.collection)
    queue(submission)
    await session.flush()
    result = ScoreResult(score(file.evidence, file.brief, RUBRIC), file.evidence, None, None, ())
    breakdown = json.loads(json.dumps(breakdown_of(job, result)))
    submission.score, submission.score_breakdown, submission.file_id = result.score.stars, breakdown, new_id("file")
    await settle(session, job, submission, decision_of(job, submission, result), services.settings.collection)
    session.add(_file(job, submission))
    await session.flush()
    return submission


def _file(job: Job, submission: Submission) -> File:
    approved = submission.status == "approved"
    return File(
        id=submission.file_id,
        organization_id=job.organization_id,
        job_id=job.id,
        submission_id=submission.id,
        livemode=job.livemode,
        status=submission.status,
        content_type=job.content_type,
        size_bytes=1,
        score=submission.score,
        score_breakdown=submission.score_breakdown,
        approval=job.approvals if approved else None,
        original_key=f"uploads/{submission.id}",
        filename="photo.jpg",
    )


def _label(submission: Submission, file: LabelledFile) -> Label:
    evidence = (submission.score_breakdown or {})["evidence"]
    return Label(
        id=new_id("lbl"),
        organization_id=submission.organization_id,
        submission_id=submission.id,
        file_id=submission.file_id,
        reviewer="key_test",
        decision="approve" if file.approved else "reject",
        score=file.stars,
        engine_score=evidence["rubric"]["stars"],
        rubric_version=evidence["rubric"]["version"],
        evidence=evidence,
    )
