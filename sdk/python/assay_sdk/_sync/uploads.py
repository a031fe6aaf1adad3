# Generated from _async/uploads.py by sdk/python/generate_sync.py; edit that.
"""Putting files to signed URLs."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from assay_sdk._sync.runtime import in_thread
from assay_sdk._sync.transport import Transport
from assay_sdk.errors import ApiError
from assay_sdk.progress import OnUpload, UploadProgress
from assay_sdk.types.submissions import Upload

CHUNK_BYTES = 256 * 1024
_THERE_ALREADY = (409, 412)
"""What the local store and S3 answer to a second file."""


def put_file(
    transport: Transport, to: Upload, path: Path, on_progress: OnUpload | None, *, may_be_there: bool = False
) -> None:
    """Put a file to where a slot says.

    A repeated attempt that finds a file there finds the one whose answer got lost: a URL takes one file, whole or
    not at all.

    Args:
        transport: of the client.
        to: what the slot came with.
        path: of the file.
        on_progress: called after every chunk that is sent.
        may_be_there: whether an earlier run may have put this very file, so that the first attempt may find it.

    Raises:
        ApiError: the store refused.
        ConnectionFailed: no attempt was answered.
    """
    size_bytes = path.stat().st_size
    headers = {"Content-Length": str(size_bytes)} | to.headers

    def attempt(retries: int) -> None:
        with path.open("rb") as file:
            response = transport.put(to.url, headers, _chunks(file, size_bytes, on_progress))
        was_there = (may_be_there or retries > 0) and response.status_code in _THERE_ALREADY
        if not response.is_success and not was_there:
            raise ApiError.from_response(response)

    transport.repeat(attempt)


def _chunks(file: BinaryIO, size_bytes: int, on_progress: OnUpload | None) -> Iterator[bytes]:
    sent_bytes = 0
    while chunk := in_thread(file.read, CHUNK_BYTES):
        yield chunk
        sent_bytes += len(chunk)
        if on_progress is not None:
            on_progress(UploadProgress(sent_bytes, size_bytes))
