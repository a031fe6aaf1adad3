"""What clients do with submissions: bring their own files."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller
from api.clock import now
from api.errors import Conflict, PayloadTooLarge, UnsupportedMediaType
from api.ids import new_id
from api.jobs.queries import find_job, lock_job
from api.jobs.schemas import slots_open
from api.services import Services
from api.storage import ObjectTooLarge, SignedUpload
from api.submissions.keys import UPLOAD_TYPE, SubmissionRow, original_key, original_key_of, sign_upload
from api.submissions.schemas import SubmissionCreate
from api.submissions.slots import take_slot
from api.submissions.uploads import Upload
from api.tables import Job, Submission


async def announce(
    session: AsyncSession, use: Services, caller: Caller, job_id: str, body: SubmissionCreate
) -> tuple[Submission, SignedUpload]:
    """Take a slot for a file that the client uploads next; it is scored as soon as it is there.

    Raises:
        NotFound: the caller has no such job.
        Conflict: no slot is open.
        PayloadTooLarge: the file is larger than may be.
    """
    if body.size_bytes > use.settings.store.max_upload_bytes:
        raise PayloadTooLarge(f"a file has at most {use.settings.store.max_upload_bytes:,} bytes", param="size_bytes")
    job = await _lock(session, caller, job_id)
    submission = take_slot(session, job, use.settings.collection)
    submission.filename = body.filename
    submission.declared_size_bytes = body.size_bytes
    submission.declared_sha256 = body.sha256.lower() if body.sha256 else None
    submission.worker_ref, submission.captured_at = body.worker_ref, body.captured_at
    await session.flush()
    return submission, sign_upload(use, submission, size_bytes=body.size_bytes)


@dataclass(slots=True)
class Brought:
    """A file that came with a request, in the object store before there is a submission."""

    upload: Upload
    submission_id: str | None
    """Whose it will be; `None` where no slot was open and nothing was stored."""
    is_taken: bool = False


@asynccontextmanager
async def stored(use: Services, caller: Caller, job_id: str, upload: Upload) -> AsyncIterator[Brought]:
    """Store a file before the transaction that takes a slot for it, and remove it if none was taken.

    A transaction that stores it would keep its connection for as long as that takes, and on SQLite all other writers.

    Raises:
        NotFound: the caller has no such job.
    """
    async with use.db.read() as session:
        job = await find_job(session, caller, job_id)
    brought = Brought(upload, new_id("sub") if slots_open(job) else None)
    if brought.submission_id is None:
        yield brought
        return
    key = original_key_of(caller.organization_id, job_id, brought.submission_id, 1)
    await use.store.put_file(key, upload.path, UPLOAD_TYPE)
    try:
        yield brought
    finally:
        if not brought.is_taken:
            await use.store.delete(key)


async def bring(session: AsyncSession, use: Services, caller: Caller, job_id: str, brought: Brought) -> Submission:
    """Take a slot for a file that came with the request, and queue it.

    Raises:
        NotFound: the caller has no such job.
        Conflict: no slot is open.
    """
    submission = take_slot(session, await _lock(session, caller, job_id), use.settings.collection)
    upload = brought.upload
    if brought.submission_id is not None:
        submission.id = brought.submission_id
    else:  # a slot has come back since
        await use.store.put_file(original_key(submission), upload.path, UPLOAD_TYPE)
    submission.filename, submission.declared_size_bytes = upload.filename, upload.size_bytes
    submission.declared_sha256 = upload.sha256
    submission.worker_ref, submission.captured_at = upload.worker_ref, upload.captured_at
    queue(submission)
    await session.flush()
    brought.is_taken = True  # from here on also if the commit fails, which may have been done all the same
    return submission


def queue(submission: Submission) -> None:
    """Hand a submission whose bytes are there to the dispatchers."""
    for name, value in queued().items():
        setattr(submission, name, value)


def queued() -> dict[str, Any]:
    """What changes of a submission when it is handed to the dispatchers."""
    moment = now()
    return {
        "status": "pending_score",
        "lease_expires_at": None,
        "arrival_check_at": None,
        "submitted_at": moment,
        "claimable_at": moment,
        "engine_attempts": 0,
    }


async def is_uploaded(use: Services, submission: SubmissionRow) -> bool:
    """Whether the bytes of a submission are there, so that it can be queued.

    Raises:
        PayloadTooLarge: there are too many; they are removed, so that the upload can be tried again.
        Conflict: its worker's lease has run out.
    """
    # A client's own file is handed in by nobody: its URL ends with the lease, and our look at it may come later.
    ends_at = submission.lease_expires_at if submission.worker_id is not None else None
    if ends_at is not None and ends_at <= now():
        raise Conflict("the time for this upload has run out; accept the job again", code="lease_expired")
    key = original_key(submission)
    try:
        stored = await use.store.head(key, max_bytes=use.settings.store.max_upload_bytes)
    except ObjectTooLarge as error:
        await use.store.delete(key)
        raise PayloadTooLarge(str(error)) from error
    return stored is not None


async def _lock(session: AsyncSession, caller: Caller, job_id: str) -> Job:
    await find_job(session, caller, job_id)
    return await lock_job(session, job_id, caller.organization_id)


def expect_media_type(content_type: str, *accepted: str) -> str:
    """The media type of a request, without its parameters.

    Raises:
        UnsupportedMediaType: it is none of those accepted.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in accepted:
        raise UnsupportedMediaType(f"send {' or '.join(accepted)}, not {kind[:100] or 'a body without a type'}")
    return kind


async def json_body(request: Request, max_bytes: int = 64 * 1024) -> SubmissionCreate:
    """The body of an announcement.

    Raises:
        PayloadTooLarge: nobody needs so many bytes to announce a file.
        fastapi.exceptions.RequestValidationError: it is not what was asked for.
    """
    content = await request.body()
    if len(content) > max_bytes:
        raise PayloadTooLarge(f"this body has at most {max_bytes:,} bytes")
    try:
        return SubmissionCreate.model_validate_json(content)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_context=False)]
        raise RequestValidationError(faults) from error
