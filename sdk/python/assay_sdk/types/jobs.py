"""Jobs."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict

from pydantic import Field

from assay_sdk.types.annotations import Number
from assay_sdk.types.base import OpenResource, Resource

ContentType = Literal["image", "audio", "video"] | str
JobStatus = Literal["active", "completed", "cancelled", "timed_out"] | str


class LocationParam(TypedDict):
    """Where files must have been captured."""

    lat: float
    """Degrees north."""
    lng: float
    """Degrees east."""
    radius_km: float


class RequirementsParam(TypedDict, total=False):
    """Hard conditions of a job; a file that breaks one is not approved."""

    min_width: int
    """Pixels, of the upright picture."""
    min_height: int
    """Pixels."""
    min_duration_seconds: float
    max_duration_seconds: float
    language: str
    """ISO 639-1 code of the language that must be spoken."""
    must_contain_text: Sequence[str]
    """Each must be read in the picture or heard in the recording."""
    must_show: Sequence[str]
    """Each must be seen."""
    forbid_faces: bool


class Location(Resource):
    """Where files must have been captured."""

    lat: Number
    """Degrees north."""
    lng: Number
    """Degrees east."""
    radius_km: Number


class Requirements(Resource):
    """Hard conditions of a job."""

    min_width: int | None = None
    """Pixels, of the upright picture."""
    min_height: int | None = None
    """Pixels."""
    min_duration_seconds: Number | None = None
    max_duration_seconds: Number | None = None
    language: str | None = None
    """ISO 639-1 code of the language that must be spoken."""
    must_contain_text: list[str] = Field(default_factory=list)
    """Each must be read in the picture or heard in the recording."""
    must_show: list[str] = Field(default_factory=list)
    """Each must be seen."""
    forbid_faces: bool = False


class Job(Resource):
    """Files of one kind, asked for and paid by the piece."""

    object: str = "job"
    id: str
    status: JobStatus
    """`active`, then `completed` (quantity approved), `cancelled` or `timed_out` (deadline)."""
    livemode: bool = True
    """False for jobs of a test key."""
    title: str
    description: str
    type: str
    content_type: ContentType
    file_formats: list[str]
    """Names, for example `jpeg`."""
    accepted_formats: list[str] = Field(default_factory=list)
    """The same as MIME types."""
    quantity: int
    """Files to approve."""
    files_needed: int | None = None
    """Same as `quantity`."""
    reward_per_file: int
    """Credits; one is a US cent."""
    price_per_file_cents: int | None = None
    """Same as `reward_per_file`."""
    min_star_rating: int
    """Stars from which a file is approved."""
    scoring_criteria: str | None = None
    files_per_submission: int = 1
    max_workers: int | None = None
    deadline: datetime | None = None
    location: Location | None = None
    worker_guidelines: str | None = None
    requirements: Requirements = Field(default_factory=Requirements)
    metadata: dict[str, Any] = Field(default_factory=dict)
    """Your own keys and values."""
    keep_location: bool = False
    """Whether pictures are delivered with their GPS position."""
    files_approved: int
    files_pending: int
    """Slots that are given away and not decided."""
    slots_open: int
    total_cost_credits: int
    """Quantity × reward."""
    spent_credits: int
    held_credits: int
    rating: int | None = None
    """What you gave it, 1 to 5."""
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None = None


class AuditDetails(OpenResource):
    """Whatever helps to understand an audit entry."""


class AuditEntry(Resource):
    """One thing that was done to a job or an account."""

    object: str = "audit_entry"
    id: str
    action: str
    """For example `job.created`."""
    actor: str
    """Id of the key or worker, or `engine`, `system`, `operator`."""
    subject_id: str | None = None
    details: AuditDetails
    request_id: str | None = None
    created_at: datetime
