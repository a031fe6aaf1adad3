"""A stream to a file on disk: counted, hashed, limited, and gone when anything goes wrong."""

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import ExitStack, aclosing
from pathlib import Path
from typing import Any, BinaryIO

from api.storage import CHUNK_BYTES, ObjectChanged, Written, check_size


async def write_stream(
    key: str,
    chunks: AsyncIterator[bytes],
    path: Path,
    *,
    max_bytes: int | None,
    then: Callable[[], None] = lambda: None,
) -> Written:
    """Write all chunks to a new file and have the disk confirm them.

    Args:
        key: for the messages.
        path: removed again unless everything arrived.
        max_bytes: more are refused.
        then: what is done with the file once it is whole, without another change of thread.

    Raises:
        ObjectTooLarge: more than `max_bytes` came; reading stops there.
        OSError: the disk is full, or `path` exists.
    """
    with ExitStack() as undo, path.open("xb") as file:
        undo.callback(path.unlink, missing_ok=True)
        written = await _write(key, chunks, file, max_bytes, then)
        undo.pop_all()
    return written


async def fetch(
    key: str, chunks: AsyncGenerator[bytes, None], path: Path, *, max_bytes: int | None, sha256: str | None
) -> Written:
    """Write an object's chunks to a new file; as `ObjectStore.fetch`."""
    async with aclosing(chunks):
        written = await write_stream(key, chunks, path, max_bytes=max_bytes)
    if sha256 is not None and written.sha256 != sha256:
        path.unlink()
        raise ObjectChanged(f"{key} has the SHA-256 {written.sha256}, not {sha256}")
    return written


async def _write(
    key: str, chunks: AsyncIterator[bytes], file: BinaryIO, max_bytes: int | None, then: Callable[[], None]
) -> Written:
    """The last piece is stored and confirmed in one change of thread: most files are of one piece."""
    size_bytes, digest, last = 0, hashlib.sha256(), b""
    async for piece in _joined(chunks):
        size_bytes += len(piece)
        check_size(key, size_bytes, max_bytes)
        if last:
            await asyncio.to_thread(_store, last, file, digest)
        last = piece
    await asyncio.to_thread(_finish, last, file, digest, then)
    return Written(size_bytes, digest.hexdigest())


async def _joined(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces of a megabyte: a server's chunks of 64 KiB would cost a change of thread each."""
    waiting = bytearray()
    async for chunk in chunks:
        waiting += chunk
        if len(waiting) >= CHUNK_BYTES:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def _store(piece: bytes, file: BinaryIO, digest: Any) -> None:
    file.write(piece)
    digest.update(piece)


def _finish(last: bytes, file: BinaryIO, digest: Any, then: Callable[[], None]) -> None:
    _store(last, file, digest)
    file.flush()
    os.fsync(file.fileno())
    then()
