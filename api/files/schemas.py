"""Files on the wire."""

from typing import Any, Literal, Self

from api.clock import after
from api.services import Services
from api.tables import File
from api.wire import Wire, WireTime
from pipeline.media import ContentType

FileStatus = Literal["approved", "rejected", "retry_pending", "surplus"]


class FileResource(Wire):
    """A scored file; its content can be had once it is approved."""

    object: Literal["file"] = "file"
    id: str
    file_id: str
    """Same as `id`."""
    job_id: str
    submission_id: str
    livemode: bool
    content_type: ContentType | None
    """`null`, like the format and sizes, when the file could not be read."""
    format: str | None
    mime_type: str | None
    size_bytes: int
    sha256: str | None
    """Of what `download_url` answers."""
    width: int | None
    height: int | None
    duration_seconds: float | None
    score: int
    ai_star_rating: int
    """Same as `score`."""
    score_breakdown: dict[str, Any]
    status: FileStatus
    filename: str
    download_url: str | None
    """Signed; `null` unless approved."""
    download_url_expires_at: WireTime | None
    annotations: dict[str, Any] | None
    created_at: WireTime

    @classmethod
    def of(cls, file: File, use: Services, url_seconds: int) -> Self:
        """As the API shows it, with a fresh URL."""
        same = {name: getattr(file, name) for name in cls.model_fields if hasattr(file, name)}
        delivered = file.status == "approved" and file.delivered_key is not None
        return cls.model_validate(
            same
            | {
                "file_id": file.id,
                "ai_star_rating": file.score,
                "download_url": download_url(file, use, url_seconds) if delivered else None,
                "download_url_expires_at": after(url_seconds) if delivered else None,
            }
        )


def download_url(file: File, use: Services, url_seconds: int) -> str:
    """A signed URL of a delivered file."""
    assert file.delivered_key is not None
    return use.store.sign_download(
        file.delivered_key,
        filename=file.filename,
        content_type=file.mime_type or "application/octet-stream",
        expires_seconds=url_seconds,
    )
