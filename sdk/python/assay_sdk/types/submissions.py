"""Submissions: slots of a job and what came of them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from assay_sdk.types.base import Resource
from assay_sdk.types.scores import ScoreBreakdown

SubmissionStatus = (
    Literal[
        "awaiting_upload",
        "pending_score",
        "approved",
        "rejected",
        "retry_pending",
        "needs_review",
        "expired",
        "surplus",
    ]
    | str
)
UNDECIDED = ("awaiting_upload", "pending_score")
"""Statuses of a submission that the engine has still to decide."""


class Upload(Resource):
    """Where the bytes go."""

    url: str
    """Signed, so that no key is needed."""
    method: str = "PUT"
    headers: dict[str, str] = Field(default_factory=dict)
    """To be sent exactly so."""
    expires_at: datetime
    max_bytes: int


class UploadPart(Upload):
    """Where one part of a file goes."""

    number: int
    """From 1: the part begins at `(number - 1) * part_bytes`."""
    size_bytes: int
    """Of the part; nothing else is taken."""


class PartedUpload(Resource):
    """An upload in parts: how much is there, and where the next parts go."""

    object: str = "parted_upload"
    upload_id: str
    size_bytes: int
    """Of the whole file."""
    part_bytes: int
    """Of every part but the last."""
    received_bytes: int
    missing: list[UploadPart]
    """The next parts to send, in any order; empty when all are there and the file can be submitted."""


class ScoredSlot(Resource):
    """What clients and workers both see of a submission."""

    object: str = "submission"
    id: str
    job_id: str
    status: SubmissionStatus
    attempt: int = 1
    """1, or 2 after the retry."""
    livemode: bool = True
    score: int | None = None
    """1 to 5 stars."""
    score_breakdown: ScoreBreakdown | None = None
    reasons: list[str] = Field(default_factory=list)
    """Stable codes, for example `image.blurry`."""
    feedback: str | None = None
    """One sentence that a worker can act on."""
    filename: str | None = None
    lease_expires_at: datetime | None = None
    """When the slot is taken back, while it waits for a file."""
    submitted_at: datetime | None = None
    decided_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    upload: Upload | None = None
    """Only in the answer that gives the slot."""

    @property
    def needs_file(self) -> bool:
        """Whether it waits for a file that is still to come."""
        return self.status == "awaiting_upload"

    @property
    def is_decided(self) -> bool:
        """Whether the engine is done with it."""
        return self.status not in UNDECIDED


class Submission(ScoredSlot):
    """A slot of a job and what came of it, as the client sees it."""

    worker_id: str | None = None
    """`None` for your own file."""
    worker_ref: str | None = None
    """Whom the file is from, in your own words."""
    captured_at: datetime | None = None
    ai_star_rating: int | None = None
    """Same as `score`."""
    file_id: str | None = None
    paid_credits: int = 0
    failure: str | None = None
    """What kept the engine from scoring it."""
    reviewed_at: datetime | None = None


class SubmissionSummary(Resource):
    """Submissions counted."""

    object: str = "submission_summary"
    job_id: str | None = None
    total: int
    by_status: dict[str, int] = Field(default_factory=dict)
    by_score: dict[str, int] = Field(default_factory=dict)
    """`"1"` to `"5"`."""
    average_score: float | None = None
    approval_rate: float | None = None
    """Approved ÷ (approved + rejected); `None` while nothing is decided."""
    paid_credits: int = 0
