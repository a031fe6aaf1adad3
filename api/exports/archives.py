"""Archives written to disk, one entry after the other. The same entries make the same bytes."""

import shutil
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

COPY_BYTES = 1 << 20
_PERMISSIONS = 0o644


class Archive(Protocol):
    """Entries are added at the end and never changed. Leaving the `with` block completes the archive."""

    def add_path(self, name: str, path: Path) -> None:
        """A file's content, a megabyte in memory at a time."""

    def add_text(self, name: str, text: str) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class ZipArchive:
    """Entries are stored, not deflated: media does not shrink, and unpacking costs nothing."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path, "x", zipfile.ZIP_STORED)

    def add_path(self, name: str, path: Path) -> None:
        entry = self._entry(name)
        entry.file_size = path.stat().st_size  # tells zipfile whether the entry needs 64-bit sizes
        with path.open("rb") as source, self._zip.open(entry, "w") as target:
            shutil.copyfileobj(source, target, COPY_BYTES)

    def add_text(self, name: str, text: str) -> None:
        self._zip.writestr(self._entry(name), text)

    def _entry(self, name: str) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name)
        entry.external_attr = _PERMISSIONS << 16
        return entry

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()


class TarArchive:
    """Uncompressed, so that a reader can stream it."""

    def __init__(self, path: Path) -> None:
        self._tar = tarfile.open(path, "x", format=tarfile.PAX_FORMAT)  # noqa: SIM115 - closed by __exit__

    def add_path(self, name: str, path: Path) -> None:
        with path.open("rb") as source:
            self._tar.addfile(self._entry(name, path.stat().st_size), source)

    def add_text(self, name: str, text: str) -> None:
        content = text.encode()
        self._tar.addfile(self._entry(name, len(content)), BytesIO(content))

    def _entry(self, name: str, size_bytes: int) -> tarfile.TarInfo:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mode = size_bytes, _PERMISSIONS
        return entry

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tar.close()
