"""Files that come into being whole or not at all."""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from api.storage import CHUNK_BYTES, ObjectExists, ObjectMissing, StoreUnavailable

MIN_FREE_BYTES = 64 << 20
"""With less a disk counts as full: what fits in one moment does not in the next."""
PLACING_ATTEMPTS = 5
"""How often a folder may be removed, as empty, between its making and the arrival of the file."""


@contextmanager
def on_disk(key: str | None = None) -> Iterator[None]:
    """What the operating system says, in the store's words; without a key a missing file is a missing disk."""
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        if key is None:
            raise StoreUnavailable(str(error)) from error
        raise ObjectMissing(f"there is no object {key}") from error
    except FileExistsError as error:
        raise ObjectExists(f"{key} is there already") from error
    except OSError as error:
        raise StoreUnavailable(str(error)) from error


def require_room(folder: Path) -> None:
    """
    Raises:
        OSError: the disk of the folder is as good as full.
    """
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < MIN_FREE_BYTES:
        raise OSError(errno.ENOSPC, f"only {free_bytes >> 20} MiB are left for {folder}")


@contextmanager
def removed(path: Path) -> Iterator[Path]:
    """Whatever happens, no file is left at `path`."""
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def fill(path: Path, source: BinaryIO) -> None:
    """Copy a stream to a new file and have the disk confirm it."""
    with path.open("xb") as file:
        shutil.copyfileobj(source, file, CHUNK_BYTES)
        file.flush()
        os.fsync(file.fileno())


def adopt(path: Path, made: Path) -> None:
    """A second name for a file that is on the same disk and whole, and have the disk confirm it."""
    os.link(made, path)
    with path.open("rb") as file:
        os.fsync(file.fileno())


def place(move: Callable[[Path, Path], None], made: Path, target: Path) -> None:
    """Give a file its name, for good. `os.link` refuses a name that is taken, `os.replace` takes it over."""
    for _ in range(PLACING_ATTEMPTS - 1):
        with suppress(FileNotFoundError):
            return _moved(move, made, target)
    _moved(move, made, target)


def _moved(move: Callable[[Path, Path], None], made: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        move(made, target)
        os.fsync(folder)
    finally:
        os.close(folder)
