"""Objects as files in a folder, with our own signed URLs."""

import asyncio
import os
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from stat import S_ISREG
from time import time
from uuid import uuid4

from api.clock import after
from api.storage import (
    CHUNK_BYTES,
    ObjectMissing,
    SignedUpload,
    StoredObject,
    Written,
    check_key,
    check_size,
    content_disposition,
)
from api.storage_disk import adopt, fill, on_disk, place, removed, require_room
from api.storage_parts_local import LocalParts
from api.storage_signing import Grant, UrlSigner
from api.storage_stream import fetch, write_stream

INCOMING = ".incoming"
"""Folder of files that are not objects yet. No key can reach it, since none has a segment with a leading dot."""
ABANDONED_SECONDS = 86400
"""What came in this long ago belongs to a process that was killed; no upload takes a day."""


class LocalStore:
    """Objects below a root folder, on one file system that has hard links.

    A file gets its name only when the disk has confirmed all of its bytes. The content type of an object is not
    kept: the URL that gives it out says it.
    """

    def __init__(self, root: Path, signer: UrlSigner) -> None:
        """
        Args:
            root: holds the objects and nothing else; made by `start`.
        """
        self._root = root
        self._incoming = root / INCOMING
        self.signer = signer
        self.parts = LocalParts(self._incoming, signer, self.local_path)

    @property
    def scratch(self) -> Path:
        return self._incoming

    async def start(self) -> None:
        await asyncio.to_thread(self._prepare)

    async def close(self) -> None:
        """Nothing is held open."""

    async def check(self, *, writing: bool = False) -> None:
        await asyncio.to_thread(self._probe)

    def sign_upload(
        self,
        key: str,
        *,
        max_bytes: int,
        expires_seconds: int,
        content_type: str | None = None,
        size_bytes: int | None = None,
    ) -> SignedUpload:
        check_size(key, size_bytes or 0, max_bytes)
        expires_at = after(expires_seconds)
        grant = Grant("PUT", key, int(expires_at.timestamp()), max_bytes, size_bytes, content_type)
        return SignedUpload(self.signer.sign(grant), "PUT", grant.headers(), expires_at, max_bytes)

    def sign_download(
        self, key: str, *, filename: str, content_type: str, expires_seconds: int, attachment: bool = True
    ) -> str:
        expires = int(after(expires_seconds).timestamp())
        disposition = content_disposition(filename, attachment)
        return self.signer.sign(Grant("GET", key, expires, None, None, content_type, disposition))

    def local_path(self, key: str) -> Path:
        return self._root / check_key(key)

    def engine_source(self, key: str) -> Path:
        return self.local_path(key)

    async def head(self, key: str, *, max_bytes: int | None = None) -> StoredObject | None:
        found = self._stat(key)  # a few microseconds; a change of thread takes a hundred
        if found is not None:
            check_size(key, found.size_bytes, max_bytes)
        return found

    async def exists(self, key: str) -> bool:
        return await self.head(key) is not None

    async def put_file(self, key: str, path: Path, content_type: str) -> None:
        if path.parent == self._incoming:
            await asyncio.to_thread(self._put, key, lambda made: adopt(made, path))
            return
        with path.open("rb") as source:
            await asyncio.to_thread(self._put, key, lambda made: fill(made, source))

    async def put_bytes(self, key: str, content: bytes, content_type: str) -> None:
        await asyncio.to_thread(self._put, key, lambda made: fill(made, BytesIO(content)))

    async def receive(self, key: str, chunks: AsyncIterator[bytes], *, max_bytes: int | None) -> Written:
        """Store what a stranger uploads.

        Raises:
            ObjectExists: something is there already, or came first.
            ObjectTooLarge: more than `max_bytes` came.
        """
        made = self._new_file()
        with on_disk(key), removed(made):
            into_place = partial(place, os.link, made, self.local_path(key))
            return await write_stream(key, chunks, made, max_bytes=max_bytes, then=into_place)

    async def open_stream(self, key: str) -> AsyncGenerator[bytes, None]:
        with on_disk(key), self.local_path(key).open("rb") as file:
            while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
                yield chunk

    async def fetch(self, key: str, path: Path, *, max_bytes: int | None = None, sha256: str | None = None) -> Written:
        return await fetch(key, self.open_stream(key), path, max_bytes=max_bytes, sha256=sha256)

    async def delete(self, key: str) -> None:
        await asyncio.to_thread(self._delete, self.local_path(key))

    def _prepare(self) -> None:
        with on_disk():
            self._incoming.mkdir(mode=0o700, parents=True, exist_ok=True)
            for path in self._incoming.iterdir():
                with suppress(FileNotFoundError):  # another process prepares too
                    if path.stat().st_mtime < time() - ABANDONED_SECONDS:
                        _remove(path)

    def _probe(self) -> None:
        made = self._new_file()
        with on_disk(), removed(made):
            made.write_bytes(b"ok")
            require_room(self._incoming)

    def _new_file(self) -> Path:
        return self._incoming / uuid4().hex

    def _stat(self, key: str) -> StoredObject | None:
        path = self.local_path(key)
        try:
            with on_disk(key):
                stat = path.stat()
        except ObjectMissing:
            return None
        modified_at = datetime.fromtimestamp(stat.st_mtime, UTC)
        return StoredObject(key, stat.st_size, modified_at) if S_ISREG(stat.st_mode) else None

    def _put(self, key: str, make: Callable[[Path], None]) -> None:
        made, target = self._new_file(), self.local_path(key)
        with on_disk(key), removed(made):
            make(made)
            place(os.replace, made, target)

    def _delete(self, path: Path) -> None:
        with on_disk(str(path)):
            if path.is_file():
                path.unlink(missing_ok=True)
        self._prune(path.parent)

    def _prune(self, folder: Path) -> None:
        """Remove a folder and those above it as long as they are empty."""
        with suppress(OSError):  # not empty, or somebody else was faster
            while folder != self._root:
                folder.rmdir()
                folder = folder.parent


def _remove(path: Path) -> None:
    """A file, or the folder of an upload in parts."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()
