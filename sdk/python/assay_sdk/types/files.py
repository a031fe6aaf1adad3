"""Delivered files."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from assay_sdk.types.annotations import Annotations, Number
from assay_sdk.types.base import Resource
from assay_sdk.types.jobs import ContentType
from assay_sdk.types.scores import ScoreBreakdown

FileStatus = Literal["approved", "rejected", "retry_pending", "surplus"] | str


class File(Resource):
    """A scored file; its content can be had once it is approved."""

    object: str = "file"
    id: str
    file_id: str | None = None
    """Same as `id`."""
    job_id: str
    submission_id: str
    livemode: bool = True
    content_type: ContentType | None = None
    """`None`, like the format and sizes, when the file could not be read."""
    format: str | None = None
    """For example `jpeg`."""
    mime_type: str | None = None
    size_bytes: int
    sha256: str | None = None
    """Of what `download_url` answers, hexadecimal."""
    width: int | None = None
    """Pixels."""
    height: int | None = None
    """Pixels."""
    duration_seconds: Number | None = None
    score: int
    """1 to 5 stars."""
    ai_star_rating: int | None = None
    """Same as `score`."""
    score_breakdown: ScoreBreakdown = Field(default_factory=ScoreBreakdown)
    status: FileStatus
    filename: str | None = None
    """What its sender called it; never a path to write to."""
    download_url: str | None = None
    """Signed, so that no key is needed; `None` unless approved."""
    download_url_expires_at: datetime | None = None
    annotations: Annotations | None = None
    """`None` for files that broke a policy."""
    created_at: datetime
