"""Making what the client gets of an approved file, and putting it where its URL points."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import Conflict
from api.ids import new_id
from api.services import Services
from api.storage import ObjectMissing
from api.storage_disk import removed
from api.submissions.keys import SubmissionRow, delivered_key, original_key, suggested_name
from api.tables import File, Job, Submission
from pipeline.media import MIME_TYPES, MediaError, UnsupportedFormat
from pipeline.sniff import SNIFF_BYTES, sniff


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file in the object store, ready to be downloaded."""

    key: str
    size_bytes: int
    sha256: str
    filename: str


async def deliver(use: Services, job: Job, submission: SubmissionRow, format: str, sha256: str) -> Delivered:
    """Render the uploaded file and store the result. Doing it twice ends the same.

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
    """
    target = delivered_key(submission, format)
    with _scratch(use, f".{format}") as out:
        async with _at_hand(use, original_key(submission), sha256) as source:
            made = await use.renderer.render(source, out, format=format, keep_location=job.keep_location)
        await use.store.put_file(target, out, MIME_TYPES[format][1])
    return Delivered(target, made.size_bytes, made.sha256, suggested_name(job, submission, format))


async def deliver_reviewed(session: AsyncSession, use: Services, job: Job, submission: Submission, score: int) -> None:
    """See that a file which a person approved can be downloaded, whatever the engine had made of it.

    Raises:
        Conflict: the uploaded bytes are gone, or of no format that could be delivered.
    """
    file = await session.get(File, submission.file_id) if submission.file_id else None
    if file is None:
        file = await _unscored_file(session, use, submission, score)
    if file.delivered_key is not None:
        return
    if file.format is None or file.sha256 is None:
        raise Conflict("this file could not be read, so it cannot be delivered", code="not_deliverable")
    try:
        delivered = await deliver(use, job, submission, file.format, file.sha256)
    except ObjectMissing:
        raise Conflict("the uploaded file has been deleted", code="not_deliverable") from None
    except MediaError as error:
        raise Conflict(f"the uploaded file cannot be delivered: {error}", code="not_deliverable") from error
    file.delivered_key, file.filename = delivered.key, delivered.filename
    file.size_bytes, file.sha256 = delivered.size_bytes, delivered.sha256


async def _unscored_file(session: AsyncSession, use: Services, submission: Submission, score: int) -> File:
    """The row of a file that the engine could not score; it has no annotations."""
    with _scratch(use, ".original") as path:
        try:
            written = await use.store.fetch(original_key(submission), path)
            content_type, format = await asyncio.to_thread(_kind, path)
        except (ObjectMissing, UnsupportedFormat):
            raise Conflict("there is no file that could be delivered", code="not_deliverable") from None
    file = File(
        id=new_id("file"),
        organization_id=submission.organization_id,
        job_id=submission.job_id,
        submission_id=submission.id,
        livemode=submission.livemode,
        status="approved",
        content_type=content_type,
        format=format,
        mime_type=MIME_TYPES[format][1],
        size_bytes=written.size_bytes,
        sha256=written.sha256,
        score=score,
        score_breakdown={},
        original_key=original_key(submission),
        filename="file",
    )
    session.add(file)
    submission.file_id = file.id
    await session.flush()
    return file


def _scratch(use: Services, suffix: str) -> AbstractContextManager[Path]:
    """Where a file may be made; it goes with the block."""
    return removed(use.store.scratch / f"{uuid4().hex}{suffix}")


def _kind(path: Path) -> tuple[str, str]:
    with path.open("rb") as file:
        format = sniff(file.read(SNIFF_BYTES))
    return MIME_TYPES[format][0], format


@asynccontextmanager
async def _at_hand(use: Services, key: str, sha256: str) -> AsyncIterator[Path]:
    """The object on this machine's disk; what the local store has was written once and is what was scored."""
    local = use.store.local_path(key)
    if local is not None:
        yield local
        return
    with _scratch(use, ".original") as copy:
        await use.store.fetch(key, copy, sha256=sha256)
        yield copy
