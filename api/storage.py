"""The object store: what every backend does, and what goes wrong in one."""

import re
import unicodedata
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import quote

from configs.settings import Settings

if TYPE_CHECKING:
    from api.storage_parts import PartedUploads

CHUNK_BYTES = 1 << 20
"""Of every stream: a 2 GiB file never takes more memory than this."""
SCRATCH = "assay-scratch-"
"""How folders of files under way to a store are called."""
MAX_KEY_CHARACTERS = 255
"""Length of the columns that hold keys."""

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
"""No segment is empty or begins with a dot, so there is no `..`, no hidden file and no absolute path."""
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 ._()-]")


class StoreError(Exception):
    """The object store did not do what it was asked for."""


class InvalidKey(StoreError):
    """A key that no object may have."""


class ObjectMissing(StoreError):
    """There is no object under the key."""


class ObjectExists(StoreError):
    """An uploaded object is never replaced by another upload."""


class ObjectTooLarge(StoreError):
    """More bytes than were allowed."""


class ObjectChanged(StoreError):
    """The bytes are not the ones whose SHA-256 was expected."""


class StoreUnavailable(StoreError):
    """The backend cannot be reached, is full, or refuses us."""


@dataclass(frozen=True, slots=True)
class SignedUpload:
    """Everything that a stranger needs to upload one file."""

    url: str
    method: Literal["PUT"]
    headers: dict[str, str]
    """Signed too: the upload has to carry exactly these."""
    expires_at: datetime
    max_bytes: int


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What the store knows of an object without reading it."""

    key: str
    size_bytes: int
    modified_at: datetime


@dataclass(frozen=True, slots=True)
class Written:
    """What went through a stream."""

    size_bytes: int
    sha256: str
    """Lower-case hexadecimal."""


class ObjectStore(Protocol):
    """Objects under keys such as `uploads/org_…/job_…/sub_…/1`. Every method checks the key (`InvalidKey`).

    Objects that others upload are written once; what the engine puts replaces what was there, at once and whole,
    so that work done twice after a crash ends the same. Every asynchronous method raises `StoreUnavailable` when the
    backend does not answer.
    """

    @property
    def parts(self) -> "PartedUploads":
        """Uploads that are sent in parts."""

    @property
    def scratch(self) -> Path:
        """A folder for files that are made to be put; nobody else looks into it."""

    async def start(self) -> None:
        """Make the place for the objects where it is missing.

        Raises:
            StoreUnavailable: it is missing and may not be made.
        """

    async def close(self) -> None: ...

    async def check(self, *, writing: bool = False) -> None:
        """Return when the store can be used.

        Args:
            writing: whether an object has to be written and removed for it; a local store always does.
        """

    def sign_upload(
        self,
        key: str,
        *,
        max_bytes: int,
        expires_seconds: int,
        content_type: str | None = None,
        size_bytes: int | None = None,
    ) -> SignedUpload:
        """A URL that takes one upload. No network.

        Only the local store can stop an upload at `max_bytes`. S3 has no such limit for a PUT, so there the size is
        signed where it is known, and `head` and `fetch` compare with the limit in any case.

        Args:
            size_bytes: of the file, where the sender has said so; then nothing else is taken.

        Raises:
            ObjectTooLarge: `size_bytes` is above `max_bytes`.
        """

    def sign_download(
        self, key: str, *, filename: str, content_type: str, expires_seconds: int, attachment: bool = True
    ) -> str:
        """A URL to GET the object, whether there is one or not. No network, well under a millisecond.

        Args:
            filename: how a browser saves it; any text.
            attachment: saved rather than shown.
        """

    def local_path(self, key: str) -> Path | None:
        """Where the object lies on this machine's disk, `None` when it does not."""

    def engine_source(self, key: str) -> Path | str:
        """From where the engine reads the object without a copy: a path, or a URL inside the cluster's network."""

    async def head(self, key: str, *, max_bytes: int | None = None) -> StoredObject | None:
        """The object's facts, `None` when there is none.

        Raises:
            ObjectTooLarge: it is above `max_bytes`.
        """

    async def exists(self, key: str) -> bool: ...

    async def put_file(self, key: str, path: Path, content_type: str) -> None:
        """Store a file; large ones go to S3 in parallel parts, and what lies in `scratch` need not be copied.

        Args:
            path: not to be written to afterwards, only removed.
        """

    async def put_bytes(self, key: str, content: bytes, content_type: str) -> None: ...

    def open_stream(self, key: str) -> AsyncGenerator[bytes, None]:
        """The object's bytes in pieces of at most `CHUNK_BYTES`.

        Raises:
            ObjectMissing: at the first piece.
        """

    async def fetch(self, key: str, path: Path, *, max_bytes: int | None = None, sha256: str | None = None) -> Written:
        """Download to a new file at `path`, which is removed again when something goes wrong.

        Raises:
            ObjectMissing: there is no object.
            ObjectTooLarge: it is above `max_bytes`; nothing beyond is read.
            ObjectChanged: its SHA-256 is not `sha256`.
        """

    async def delete(self, key: str) -> None:
        """Remove the object; nothing happens when there is none."""


def create_store(settings: Settings, signing_key: bytes) -> ObjectStore:
    """The store that the settings name, not yet started.

    Args:
        signing_key: signs the URLs of the local store.
    """
    if settings.store.backend == "local":
        from api.storage_local import LocalStore
        from api.storage_signing import UrlSigner

        return LocalStore(settings.state_dir / "store", UrlSigner(signing_key, settings.api.url))
    # boto3 takes half a second to import, which the local store need not wait for.
    from api.storage_s3 import S3Store

    return S3Store(settings.store)


def check_key(key: str) -> str:
    """The key itself.

    Raises:
        InvalidKey: it is no path of plain names.
    """
    if len(key) > MAX_KEY_CHARACTERS or not _KEY.fullmatch(key):
        raise InvalidKey(f"{key[:MAX_KEY_CHARACTERS]!r} is not a key of the object store")
    return key


def check_size(key: str, size_bytes: int, max_bytes: int | None) -> None:
    """Compare with a limit.

    Raises:
        ObjectTooLarge: it is above.
    """
    if max_bytes is not None and size_bytes > max_bytes:
        raise ObjectTooLarge(f"{key} has {size_bytes:,} bytes; at most {max_bytes:,} are accepted")


def content_disposition(filename: str, attachment: bool) -> str:
    """The header of RFC 6266: the name in UTF-8, and in ASCII for clients that know no better."""
    printable = "".join("_" if unicodedata.category(c)[0] == "C" or c in '/\\"' else c for c in filename) or "file"
    # After NFKD, which makes quotes and slashes of their full-width forms.
    plain = _NOT_PLAIN.sub("_", unicodedata.normalize("NFKD", printable).encode("ascii", "ignore").decode())
    kind = "attachment" if attachment else "inline"
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(printable, safe='')}"
