"""What an export says of a file, whatever its layout."""

import json
from typing import Any

from api.clock import iso
from api.tables import File

EXTENSIONS = {"jpeg": "jpg"}
"""Of formats whose files are commonly named otherwise; every other format is its own extension."""


def file_name(file: File) -> str:
    """Name in an archive: made of our id, never of what a client or worker wrote."""
    return f"{file.id}.{extension(file)}"


def extension(file: File) -> str:
    """Of the file's name, without the dot."""
    format = file.format or "bin"
    return EXTENSIONS.get(format, format)


def record(file: File, name: str) -> dict[str, Any]:
    """A file with everything that is known of it.

    Args:
        name: of its content, relative to the record.
    """
    return {
        "id": file.id,
        "file_name": name,
        "job_id": file.job_id,
        "submission_id": file.submission_id,
        "filename": file.filename,
        "content_type": file.content_type,
        "format": file.format,
        "mime_type": file.mime_type,
        "size_bytes": file.size_bytes,
        "sha256": file.sha256,
        "width": file.width,
        "height": file.height,
        "duration_seconds": file.duration_seconds,
        "score": file.score,
        "score_breakdown": file.score_breakdown,
        "annotations": file.annotations,
        "created_at": iso(file.created_at),
    }


def to_line(value: Any) -> str:
    """JSON on one line."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
