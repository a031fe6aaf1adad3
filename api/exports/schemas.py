"""Exports on the wire."""

from typing import Any, Literal, Self

from api.clock import after
from api.exports.formats import FORMATS
from api.services import Services
from api.tables import Export
from api.wire import Wire, WireTime

ExportFormat = Literal["jsonl", "coco", "webdataset", "hf"]
ExportStatus = Literal["pending", "running", "completed", "failed"]


class ExportCreate(Wire):
    """What to make of a job's delivered files."""

    format: ExportFormat
    """`jsonl`: a ZIP of the files with a line of JSON for each; `coco`: a ZIP with boxes, of pictures only;
    `webdataset`: a TAR of pairs; `hf`: a ZIP of a Hugging Face dataset folder."""


class ExportResource(Wire):
    """A dataset of a job's delivered files: `pending` → `running` → `completed` | `failed`."""

    object: Literal["export"] = "export"
    id: str
    job_id: str
    livemode: bool
    format: ExportFormat
    status: ExportStatus
    file_count: int | None
    """Files in it; `null`, like the size and the digest, until it is completed."""
    size_bytes: int | None
    sha256: str | None
    """Of what `download_url` answers."""
    download_url: str | None
    """Signed; `null` until it is completed."""
    download_url_expires_at: WireTime | None
    error: str | None
    """Why it failed."""
    created_at: WireTime
    updated_at: WireTime
    completed_at: WireTime | None

    @classmethod
    def of(cls, export: Export, use: Services, url_seconds: int) -> Self:
        """As the API shows it, with a fresh URL."""
        same = {name: getattr(export, name) for name in cls.model_fields if hasattr(export, name)}
        ready = export.status == "completed"
        return cls.model_validate(
            same
            | {
                "download_url": _download_url(export, use, url_seconds) if ready else None,
                "download_url_expires_at": after(url_seconds) if ready else None,
            }
        )


def export_data(export: Export) -> dict[str, Any]:
    """An export as events carry it: without URLs, which expire."""
    return {
        "object": "export",
        "id": export.id,
        "job_id": export.job_id,
        "format": export.format,
        "status": export.status,
        "file_count": export.file_count,
        "size_bytes": export.size_bytes,
        "sha256": export.sha256,
    }


def _download_url(export: Export, use: Services, url_seconds: int) -> str:
    assert export.key is not None
    format = FORMATS[export.format]
    return use.store.sign_download(
        export.key,
        filename=f"{export.job_id}-{export.format}.{format.extension}",
        content_type=format.mime_type,
        expires_seconds=url_seconds,
    )
