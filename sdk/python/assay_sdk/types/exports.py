"""Exports."""

from datetime import datetime
from typing import Literal

from assay_sdk.types.base import Resource

ExportFormat = Literal["jsonl", "coco", "webdataset", "hf"] | str
ExportStatus = Literal["pending", "running", "completed", "failed"] | str


class Export(Resource):
    """A dataset of a job's delivered files: `pending` → `running` → `completed` | `failed`."""

    object: str = "export"
    id: str
    job_id: str
    livemode: bool = True
    format: ExportFormat
    status: ExportStatus
    file_count: int | None = None
    """Files in it; `None`, like the size and the digest, until it is completed."""
    size_bytes: int | None = None
    sha256: str | None = None
    """Of what `download_url` answers, hexadecimal."""
    download_url: str | None = None
    """Signed; `None` until it is completed."""
    download_url_expires_at: datetime | None = None
    error: str | None = None
    """Why it failed."""
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None = None
