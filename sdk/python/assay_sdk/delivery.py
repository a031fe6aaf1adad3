"""What a job's delivered files look like on disk."""

import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assay_sdk.errors import DownloadFailed
from assay_sdk.types.exports import Export
from assay_sdk.types.files import File

ANNOTATIONS_NAME = "annotations.jsonl"

_SAFE = re.compile(r"[A-Za-z0-9_-]{1,100}")
_EXTENSIONS = {"jpeg": "jpg"}
_EXPORT_EXTENSIONS = {"webdataset": "tar"}
_UNTIMELY = frozenset({"download_url", "download_url_expires_at"})
"""Fields that are of no use in a week."""


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A delivered file and where it is."""

    file: File
    path: Path


@dataclass(frozen=True, slots=True)
class Delivery:
    """What `download_all` has brought."""

    output_dir: Path
    files: Sequence[DownloadedFile]
    """In the order of the list, newest first."""
    annotations_path: Path
    """JSON lines: a file with everything that is known of it, and its name in `file_name`."""


def file_name(file: File) -> str:
    """Name on disk: made of the id, as in exports, never of what a sender wrote.

    Raises:
        DownloadFailed: the id could lead out of the folder.
    """
    format = file.format or "bin"
    return _safe(file.id, _EXTENSIONS.get(format, format))


def export_name(export: Export) -> str:
    """Name on disk of an export."""
    return _safe(f"{export.job_id}-{export.format}", _EXPORT_EXTENSIONS.get(export.format, "zip"))


def target_in(path: str | Path, name: str) -> Path:
    """Where to write: the path, or `name` in it if it is a folder."""
    given = Path(path)
    return given / name if given.is_dir() else given


def write_annotations(output_dir: Path, files: Sequence[DownloadedFile]) -> Path:
    """`annotations.jsonl`, which is replaced as a whole."""
    path = output_dir / ANNOTATIONS_NAME
    unfinished = output_dir / f".{ANNOTATIONS_NAME}.part"
    with unfinished.open("w", encoding="utf-8") as lines:
        for one in files:
            lines.write(_line(one) + "\n")
        lines.flush()
        os.fsync(lines.fileno())
    unfinished.replace(path)
    return path


def _line(one: DownloadedFile) -> str:
    known = {name: value for name, value in one.file.received().items() if name not in _UNTIMELY}
    record = {"id": one.file.id, "file_name": one.path.name} | known
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def _safe(stem: str, extension: str) -> str:
    if not (_SAFE.fullmatch(stem) and _SAFE.fullmatch(extension)):
        raise DownloadFailed(f"{stem!r} with {extension!r} is no name for a file")
    return f"{stem}.{extension}"
