"""Files that come in the body of a request: spooled to disk, measured, and gone at the end."""

import hashlib
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from fastapi import Request
from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException

from api.body_limit import allow_body
from api.errors import PayloadTooLarge, ValidationFailed
from api.storage import SCRATCH
from api.wire import GivenTime, Text
from serve.fetching import PREFIX as FETCHED

CHUNK_BYTES = 1 << 20
FORM_OVERHEAD_BYTES = 64 * 1024
"""Of the other fields and the boundaries."""
MAX_TEXT = 10_000
PREFIX = "assay-upload-"
ABANDONED_SECONDS = 3600.0
"""Since the last byte was written: no request that goes on is silent for so long."""

_time: TypeAdapter[datetime | None] = TypeAdapter(GivenTime | None)
_text: TypeAdapter[str] = TypeAdapter(Text)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a form, on this machine's disk while the request lasts."""

    path: Path
    filename: str
    size_bytes: int
    sha256: str
    fields: dict[str, str]
    """The form's other fields."""

    @property
    def worker_ref(self) -> str | None:
        return self.fields.get("worker_ref", "")[:255] or None

    @property
    def captured_at(self) -> datetime | None:
        try:
            return _time.validate_python(self.fields.get("captured_at") or None)
        except ValidationError:
            raise ValidationFailed("captured_at is not a time with an offset", param="captured_at") from None

    def verify(self) -> None:
        """
        Raises:
            ValidationFailed: the form tells another SHA-256.
        """
        if (self.fields.get("sha256") or self.sha256).lower() != self.sha256:
            raise ValidationFailed(f"the SHA-256 of the file that arrived is {self.sha256}", param="sha256")

    def digest(self) -> str:
        """What tells two requests apart, for their idempotency key."""
        told = repr((self.filename, self.sha256, sorted(self.fields.items())))
        return hashlib.sha256(told.encode()).hexdigest()


@asynccontextmanager
async def uploaded(request: Request, max_bytes: int) -> AsyncIterator[Upload]:
    """The file in the field `file` of a multipart form.

    Raises:
        PayloadTooLarge: it has more than `max_bytes`.
        ValidationFailed: there is no such field, or the form is broken.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > max_bytes + FORM_OVERHEAD_BYTES:
        raise PayloadTooLarge(f"a file has at most {max_bytes:,} bytes", param="file")
    allow_body(request, max_bytes + FORM_OVERHEAD_BYTES)
    form = await _parse(request)
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise ValidationFailed("the form has no file in the field file", param="file")
        fields = {name: _plain(name, value) for name, value in form.items() if isinstance(value, str)}
        with tempfile.NamedTemporaryFile(prefix=PREFIX) as spooled:
            size, digest = await _spool(file, spooled, max_bytes)
            name = _plain("file", file.filename or "file")[:255] or "file"
            yield Upload(Path(spooled.name), name, size, digest, fields)
    finally:
        await form.close()


def forget_abandoned() -> None:
    """Remove the files of processes that were killed in the middle of a request."""
    oldest, temporary = time.time() - ABANDONED_SECONDS, Path(tempfile.gettempdir())
    for pattern in (f"{PREFIX}*", f"{FETCHED}*", f"{SCRATCH}*/*"):
        for left in temporary.glob(pattern):
            with suppress(OSError):  # another user's, or gone meanwhile
                if left.stat().st_mtime < oldest:
                    left.unlink()


async def _parse(request: Request) -> FormData:
    try:
        return await request.form(max_files=1, max_fields=20, max_part_size=MAX_TEXT)
    except MultiPartException as error:
        raise ValidationFailed(f"the form cannot be read: {error.message}") from error


async def _spool(file: UploadFile, spooled: "tempfile._TemporaryFileWrapper[bytes]", max_bytes: int) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    while chunk := await file.read(CHUNK_BYTES):
        size += len(chunk)
        if size > max_bytes:
            raise PayloadTooLarge(f"a file has at most {max_bytes:,} bytes", param="file")
        digest.update(chunk)
        spooled.write(chunk)
    spooled.flush()
    return size, digest.hexdigest()


def _plain(name: str, text: str) -> str:
    try:
        return _text.validate_python(text)
    except ValidationError:
        raise ValidationFailed(f"{name} has characters that cannot be stored", param=name) from None
