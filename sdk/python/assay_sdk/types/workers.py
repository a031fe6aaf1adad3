"""Workers: as their organization sees them, and what they see themselves."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from assay_sdk.types.base import Resource
from assay_sdk.types.jobs import ContentType, JobStatus, Location, Requirements
from assay_sdk.types.submissions import ScoredSlot

WorkerStatus = Literal["active", "banned"] | str


class Worker(Resource):
    """A person who captures files."""

    object: str = "worker"
    id: str
    name: str
    email: str | None = None
    status: WorkerStatus
    strikes: int
    """Files of one star; so many as the service's `collection.strikes_to_ban` says ban, three by default."""
    earned_credits: int
    banned_reason: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)
    """Your own keys and values."""
    created_at: datetime
    updated_at: datetime


class NewWorker(Worker):
    """A worker with its new token."""

    token: str = Field(repr=False)
    """What the worker signs in with. It is shown here, and never again."""


class WorkerInvitation(Resource):
    """A link that signs a worker in on a device of its own, once."""

    object: str = "worker_invitation"
    worker_id: str
    url: str = Field(repr=False)
    """Of the capture page, with a code behind the `#`. It is shown here, and never again."""
    qr_svg: str = Field(repr=False)
    """The same for a phone's camera: a QR code as an SVG document."""
    expires_at: datetime


class WorkerSelf(Resource):
    """The worker whose token it is."""

    object: str = "worker"
    id: str
    name: str
    status: WorkerStatus
    strikes: int
    """Files of one star."""
    strikes_to_ban: int = 3
    """So many ban."""
    earned_credits: int
    created_at: datetime


class WorkerJob(Resource):
    """A job as workers see it: what to capture and what it pays."""

    object: str = "job"
    id: str
    status: JobStatus = "active"
    """Jobs that have ended are still shown to those who sent files to them."""
    title: str
    description: str
    content_type: ContentType
    file_formats: list[str]
    """Names, for example `jpeg`."""
    accepted_formats: list[str] = Field(default_factory=list)
    """The same as MIME types."""
    reward_per_file: int
    """Credits; one is a US cent."""
    min_star_rating: int
    """Stars from which a file is approved."""
    scoring_criteria: str | None = None
    worker_guidelines: str | None = None
    files_per_submission: int = 1
    requirements: Requirements = Field(default_factory=Requirements)
    location: Location | None = None
    deadline: datetime | None = None
    slots_open: int
    created_at: datetime


class WorkerSubmission(ScoredSlot):
    """A slot as its worker sees it: what it scored and why."""

    earned_credits: int = 0
    strike: bool = False
    can_retry: bool = False
    submissions: list["WorkerSubmission"] | None = None
    """All slots that one `accept` gave, where the job asks for several files at a time."""
