"""A submission's file that is sent in parts: begun, looked at after a break, joined when it is handed in."""

from contextlib import suppress

from api.errors import Conflict, NotFound, PayloadTooLarge
from api.services import Services
from api.storage import ObjectExists, ObjectMissing
from api.storage_parts import PART_BYTES, missing_of
from api.submissions.keys import original_key, seconds_left
from api.submissions.schemas import PartedUpload, UploadPart
from api.tables import Submission

SIGNED_AT_ONCE = 16
"""Parts of one answer: 80 MB are sent before the next is asked for, and an answer stays below 10 KB."""


async def begin(use: Services, submission: Submission, size_bytes: int) -> PartedUpload:
    """Begin an upload of a locked submission, in place of an earlier one, whose parts go.

    Raises:
        PayloadTooLarge: the file is larger than may be.
        Conflict: a file is there already.
    """
    if size_bytes > use.settings.store.max_upload_bytes:
        raise PayloadTooLarge(f"a file has at most {use.settings.store.max_upload_bytes:,} bytes", param="size_bytes")
    key = original_key(submission)
    await _require_absent(use, key)
    await drop(use, submission)
    submission.upload_id, submission.declared_size_bytes = await use.store.parts.begin(key), size_bytes
    return await look(use, submission)


async def look(use: Services, submission: Submission) -> PartedUpload:
    """How much is there, and where the next parts go.

    Raises:
        NotFound: no upload in parts is under way.
        Conflict: the whole file is there already.
    """
    key, size_bytes, upload_id = original_key(submission), submission.declared_size_bytes, submission.upload_id
    if upload_id is None or size_bytes is None:
        raise NotFound("no upload in parts is under way for this submission", param="upload_id")
    try:
        received = await use.store.parts.received(key, upload_id)
    except ObjectMissing as error:
        await _require_absent(use, key)
        raise NotFound("this upload in parts is over; begin another", param="upload_id") from error
    missing = missing_of(size_bytes, received)
    expires_seconds = seconds_left(submission)
    return PartedUpload(
        upload_id=upload_id,
        size_bytes=size_bytes,
        part_bytes=PART_BYTES,
        received_bytes=size_bytes - sum(part.size_bytes for part in missing),
        missing=[
            UploadPart.of(use.store.parts.sign(key, upload_id, part, expires_seconds=expires_seconds), part.number)
            for part in missing[:SIGNED_AT_ONCE]
        ],
    )


async def is_complete(use: Services, submission: Submission) -> bool:
    """Whether all parts are there and are not joined yet, nor came the file whole."""
    key = original_key(submission)
    if submission.upload_id is None or await use.store.exists(key):
        return False
    with suppress(ObjectMissing):  # dropped meanwhile
        received = await use.store.parts.received(key, submission.upload_id)
        return not missing_of(submission.declared_size_bytes or 0, received)
    return False


async def join(use: Services, submission: Submission) -> None:
    """Make the file of its parts. Whoever hands it in looks for it."""
    assert submission.upload_id is not None
    with suppress(ObjectMissing, ObjectExists):  # dropped meanwhile, or joined by a request at the same time
        await use.store.parts.join(original_key(submission), submission.upload_id)


async def drop(use: Services, submission: Submission) -> None:
    """Remove what was sent in parts in the present attempt and is not joined."""
    if submission.upload_id is not None:
        await use.store.parts.drop(original_key(submission), submission.upload_id)
        submission.upload_id = None


async def _require_absent(use: Services, key: str) -> None:
    if await use.store.exists(key):
        raise Conflict("this file was uploaded already; submit it", code="uploaded_already")
