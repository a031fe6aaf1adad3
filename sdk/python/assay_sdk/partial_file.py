"""A file on its way to its final name, which it gets only when all of it is there and checked."""

import hashlib
import os
from pathlib import Path
from types import TracebackType

from assay_sdk.errors import DownloadFailed

CHUNK_BYTES = 1 << 20


class PartialFile:
    """Bytes in `.<name>.part` beside the target. What an earlier run left there is gone on with.

    Two processes must not download to the same target at once.
    """

    def __init__(self, target: Path, *, size_bytes: int, sha256: str | None) -> None:
        """
        Args:
            target: final name.
            size_bytes: of the whole file.
            sha256: of the whole file, hexadecimal; not checked when absent.
        """
        self.target = target
        self._path = target.with_name(f".{target.name}.part")
        self._size_bytes, self._sha256 = size_bytes, sha256
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("ab")
        self._digest = hashlib.sha256()
        self.received_bytes = _digest_file(self._path, self._digest)
        if self.received_bytes > size_bytes:
            self.restart()

    def __enter__(self) -> "PartialFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    @property
    def is_full(self) -> bool:
        """Whether there is nothing left to receive."""
        return self.received_bytes >= self._size_bytes

    def restart(self) -> None:
        """Throw away what is there."""
        self._file.truncate(0)
        self._digest = hashlib.sha256()
        self.received_bytes = 0

    def write(self, chunk: bytes) -> None:
        """Append what came.

        Raises:
            DownloadFailed: it is more than the file has. What is there is thrown away.
        """
        if self.received_bytes + len(chunk) > self._size_bytes:
            self.restart()
            raise DownloadFailed(f"{self.target.name}: more than the {self._size_bytes:,} bytes that it has came")
        self._file.write(chunk)
        self._digest.update(chunk)
        self.received_bytes += len(chunk)

    def is_right(self) -> bool:
        """Whether the content is what it should be, as far as that is known."""
        return self._sha256 is None or self._digest.hexdigest() == self._sha256.lower()

    def finish(self) -> None:
        """Give the file its final name, once the disk has all of it."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.replace(self.target)


def is_there(target: Path, *, size_bytes: int, sha256: str | None) -> bool:
    """Whether the whole file stands under its final name already. Without a digest the size has to do."""
    if not target.is_file() or target.stat().st_size != size_bytes:
        return False
    return sha256 is None or file_sha256(target) == sha256.lower()


def file_sha256(path: Path) -> str:
    """Of a file's content, hexadecimal."""
    digest = hashlib.sha256()
    _digest_file(path, digest)
    return digest.hexdigest()


def _digest_file(path: Path, digest: "hashlib._Hash") -> int:
    """Add a file's content to a digest; its size in bytes."""
    size = 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return size
