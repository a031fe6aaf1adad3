"""Making what the client gets of an approved file, and putting it where its URL points."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import Conflict
from api.ids import new_id
from api.services import Services
from api.storage import ObjectChanged, ObjectMissing
from api.storage_disk import removed
from api.submissions.keys import SubmissionRow, new_delivered_key, original_key, suggested_name
from api.tables import File, Job, Submission
from pipeline.brief import JobBrief
from pipeline.evidence import Evidence
from pipeline.media import MIME_TYPES, MediaError, PictureSize, UnsupportedFormat
from pipeline.result import ScoreResult
from pipeline.rubric import Rubric
from pipeline.score import score
from pipeline.sniff import SNIFF_BYTES, sniff

UNSCORED: Final[Mapping[str, Any]] = {
    "relevance": None, "quality": None, "completeness": None, "reasons": [], "feedback": None, "evidence": {},
}  # fmt: skip
"""The breakdown of a file that only a person has judged."""


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file in the object store, ready to be downloaded."""

    key: str
    size_bytes: int
    sha256: str
    filename: str
    picture: PictureSize | None
    """`None` for sound and video."""


async def deliver(use: Services, job: Job, submission: SubmissionRow, format: str, sha256: str) -> Delivered:
    """Render the uploaded file and store the result, each time as an object of its own.

    Args:
        use: whose object store it is.
        job: says whether the position may stay.
        submission: whose upload it is.
        format: of the content, a key of `MIME_TYPES`.
        sha256: of the bytes that were scored.

    Raises:
        ObjectMissing: the upload is gone.
        ObjectChanged: the upload is not what was scored.
        StoreUnavailable: the store does not answer.
        MediaError: it can be scored, but not written anew.
        ProcessKilled: the machine is short of memory.
    """
    target = new_delivered_key(submission, format)
    with _scratch(use, f".{format}") as out:
        async with _at_hand(use, original_key(submission), sha256) as source:
            made = await use.renderer.render(source, out, format=format, keep_location=job.keep_location)
        await use.store.put_file(target, out, MIME_TYPES[format][1])
    return Delivered(target, made.size_bytes, made.sha256, suggested_name(job, submission, format), made.picture)


def undeliverable(result: ScoreResult, error: MediaError, brief: JobBrief, rubric: Rubric) -> ScoreResult:
    """The result of a file that was scored and cannot be written anew: as that of one that cannot be decoded."""
    broken = Evidence(facts=None, broken=error.code, broken_detail=str(error), encoder=result.evidence.encoder)
    return ScoreResult(score(broken, brief, rubric), broken, None, None, ())


@dataclass(slots=True)
class Rendered:
    """What a person's approval delivers, in the object store before the transaction that approves it."""

    attempt: int
    """The submission's when it was rendered."""
    file_id: str | None
    """Likewise; `None` where the engine could not score the file."""
    format: str
    delivered: Delivered
    is_taken: bool = False


@asynccontextmanager
async def rendered(use: Services, job: Job, submission: Submission, file: File | None) -> AsyncIterator[Rendered]:
    """Deliver what a person is about to approve, and remove it if that was not approved.

    A rendition takes up to minutes, for which no transaction may hold its locks.

    Raises:
        Conflict: the uploaded bytes are gone or others, or of no format that could be delivered.
    """
    format, sha256 = (file.format, file.sha256) if file else await _unscored(use, submission)
    if format is None or sha256 is None:
        raise Conflict("this file could not be read, so it cannot be delivered", code="not_deliverable")
    try:
        delivered = await deliver(use, job, submission, format, sha256)
    except ObjectMissing:
        raise Conflict("the uploaded file has been deleted", code="not_deliverable") from None
    except ObjectChanged:
        raise Conflict("the uploaded file is not the one that was scored", code="not_deliverable") from None
    except MediaError as error:
        raise Conflict(f"the uploaded file cannot be delivered: {error}", code="not_deliverable") from error
    made = Rendered(submission.attempt, submission.file_id, format, delivered)
    try:
        yield made
    finally:
        if not made.is_taken:
            await use.store.delete(delivered.key)


async def take(session: AsyncSession, submission: Submission, made: Rendered | None, score: int) -> None:
    """See that a file which a person approves can be downloaded, whatever the engine had made of it.

    Args:
        session: of the transaction.
        submission: locked.
        made: of this submission, where its file had yet to be rendered.
        score: of a file that the engine could not score.

    Raises:
        Conflict: the submission has another file by now.
    """
    file = await session.get(File, submission.file_id) if submission.file_id else None
    if file is not None and file.delivered_key is not None:
        return
    if made is None or (made.attempt, made.file_id) != (submission.attempt, submission.file_id):
        raise Conflict("this submission has changed meanwhile; look at it again", code="submission_changed")
    if file is None:
        file = _unscored_file(submission, made, score)
        session.add(file)
    file.delivered_key, file.filename = made.delivered.key, made.delivered.filename
    file.size_bytes, file.sha256 = made.delivered.size_bytes, made.delivered.sha256
    submission.file_id = file.id
    await session.flush()
    made.is_taken = True  # from here on also if the commit fails, which may have been done all the same


async def _unscored(use: Services, submission: Submission) -> tuple[str, str]:
    """Format and SHA-256 of a file that the engine could not score."""
    with _scratch(use, ".original") as path:
        try:
            written = await use.store.fetch(original_key(submission), path)
            return await asyncio.to_thread(_format, path), written.sha256
        except (ObjectMissing, UnsupportedFormat):
            raise Conflict("there is no file that could be delivered", code="not_deliverable") from None


def _unscored_file(submission: Submission, made: Rendered, score: int) -> File:
    """The row of such a file; it has no annotations, and of sound and video no length."""
    content_type, mime_type = MIME_TYPES[made.format]
    picture = made.delivered.picture
    return File(
        id=new_id("file"),
        organization_id=submission.organization_id,
        job_id=submission.job_id,
        submission_id=submission.id,
        livemode=submission.livemode,
        status="approved",
        content_type=content_type,
        format=made.format,
        mime_type=mime_type,
        width=picture.width if picture else None,
        height=picture.height if picture else None,
        score=score,
        score_breakdown=dict(UNSCORED),
        original_key=original_key(submission),
    )


def _scratch(use: Services, suffix: str) -> AbstractContextManager[Path]:
    """Where a file may be made; it goes with the block."""
    return removed(use.store.scratch / f"{uuid4().hex}{suffix}")


def _format(path: Path) -> str:
    with path.open("rb") as file:
        return sniff(file.read(SNIFF_BYTES))


@asynccontextmanager
async def _at_hand(use: Services, key: str, sha256: str) -> AsyncIterator[Path]:
    """The object on this machine's disk; what the local store has was written once and is what was scored."""
    local = use.store.local_path(key)
    if local is not None:
        if not local.is_file():
            raise ObjectMissing(f"there is no object {key}")
        yield local
        return
    with _scratch(use, ".original") as copy:
        await use.store.fetch(key, copy, sha256=sha256)
        yield copy
