"""Jobs on the wire."""

from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StrictBool, field_validator, model_validator

from api.clock import now
from api.errors import PricingViolation, ValidationFailed
from api.formats import FileFormats, kinds_of
from api.jobs.slots import JobSlots
from api.tables import Job
from api.wire import GivenTime, Metadata, Text, Wire, WireTime
from pipeline.brief import INTEGRAL, JobBrief, Place, Requirements
from pipeline.languages import HEARD
from pipeline.media import MIME_TYPES, ContentType

MIN_REWARD, MAX_REWARD = 10, 50_000
MAX_QUANTITY = 10_000

JobStatus = Literal["active", "completed", "cancelled", "timed_out"]

_ALIASES = {
    "files_needed": "quantity",
    "price_per_file_cents": "reward_per_file",
    "accepted_formats": "file_formats",
    "job_type": "type",
}
"""The vendor's other names of fields, on input."""
_TEN_CHARACTERS: dict[str, Any] = {"pattern": r"^\s*[^\s\x00][^\x00]{8,}[^\s\x00]\s*$"}
"""As a pattern, since blanks around the text do not count."""


def _allow_null(schema: dict[str, Any]) -> None:
    """`null` is the same as leaving a field out, whatever its type."""
    for name, field in schema["properties"].items():
        if name not in schema["required"] and {"type": "null"} not in field.get("anyOf", ()):
            described = {key: field.pop(key) for key in ("title", "description", "default") if key in field}
            schema["properties"][name] = {"anyOf": [field, {"type": "null"}], **described}


class JobCreate(Wire):
    """What a client asks for."""

    model_config = ConfigDict(extra="ignore", json_schema_extra=_allow_null)

    title: Text = Field(default="", max_length=100, description="From the description when absent.")
    description: Text = Field(
        min_length=10, max_length=5000, description="What a file must show.", json_schema_extra=_TEN_CHARACTERS
    )
    type: str = Field(default="data_collection", description="`data_collection`; `feedback` is not offered.")
    content_type: ContentType | None = Field(default=None, description="Derived from `file_formats` when absent.")
    file_formats: FileFormats = Field(
        default_factory=list, description="Names (`jpeg`) or MIME types; all of the content type else."
    )
    quantity: Annotated[int, Field(strict=True, ge=1, le=MAX_QUANTITY, description="Files to approve."), INTEGRAL]
    reward_per_file: Annotated[
        int,
        Field(
            strict=True,
            description=f"Credits, {MIN_REWARD}–{MAX_REWARD}; paid for approved files only.",
            json_schema_extra={"minimum": MIN_REWARD, "maximum": MAX_REWARD},
        ),
        INTEGRAL,
    ]
    min_star_rating: Annotated[int, Field(strict=True, ge=1, le=5), INTEGRAL] | None = None
    """The organization's default, which is 3, when absent."""
    scoring_criteria: Text | None = Field(default=None, max_length=1000)
    """For people: workers and reviewers read it, and no score depends on it."""
    files_per_submission: Annotated[int, Field(strict=True, ge=1, le=5), INTEGRAL] = 1
    max_workers: Annotated[int, Field(strict=True, ge=1, le=MAX_QUANTITY), INTEGRAL] | None = None
    deadline: GivenTime | None = None
    location: Place | None = None
    worker_guidelines: Text | None = Field(default=None, max_length=5000)
    metadata: Metadata = Field(default_factory=dict)
    requirements: Requirements = Requirements()
    keep_location: StrictBool = Field(default=False, description="Deliver pictures with their GPS position.")

    @model_validator(mode="before")
    @classmethod
    def _take_other_names(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        renamed = {_ALIASES.get(name, name): value for name, value in data.items() if value is not None}
        renamed |= {name: data[name] for name in _ALIASES.values() if data.get(name) is not None}
        sizes = {name: renamed.pop(name) for name in ("min_width", "min_height") if name in renamed}
        if sizes and isinstance(renamed.get("requirements", {}), dict):
            renamed["requirements"] = sizes | renamed.get("requirements", {})
        return renamed

    @field_validator("type")
    @classmethod
    def _only_collection(cls, kind: str) -> str:
        if kind.casefold() == "feedback":
            raise ValueError("feedback jobs are not offered; use data_collection")
        return "data_collection"

    @field_validator("deadline")
    @classmethod
    def _in_future(cls, deadline: GivenTime | None) -> GivenTime | None:
        if deadline is not None and deadline <= now():
            raise ValueError("the deadline is in the past")
        return deadline

    @model_validator(mode="after")
    def _one_content_type(self) -> Self:
        if not MIN_REWARD <= self.reward_per_file <= MAX_REWARD:
            raise PricingViolation(
                f"reward_per_file is {MIN_REWARD} to {MAX_REWARD} credits, got {self.reward_per_file}",
                param="reward_per_file",
            )
        kinds = kinds_of(self.file_formats)
        wanted = kinds | ({self.content_type} if self.content_type else set())
        if len(wanted) != 1:
            raise ValidationFailed(
                "a job is for one of image, audio and video: give content_type, or file_formats of one kind",
                param="file_formats" if kinds else "content_type",
            )
        language = self.requirements.language
        if language is not None and language not in HEARD:
            raise ValidationFailed(
                f"{language!r} is no language that is recognised; known are {', '.join(sorted(HEARD))}",
                param="requirements.language",
            )
        least, most = self.requirements.min_duration_seconds, self.requirements.max_duration_seconds
        if least is not None and most is not None and least > most:
            raise ValidationFailed(
                f"no file can last at least {least:g} and at most {most:g} seconds",
                param="requirements.min_duration_seconds",
            )
        self.content_type = wanted.pop()
        self.file_formats = self.file_formats or [n for n, (kind, _) in MIME_TYPES.items() if kind == self.content_type]
        self.title = self.title or self.description[:100]
        return self


class JobResource(Wire):
    """A job."""

    object: Literal["job"] = "job"
    id: str
    status: JobStatus
    livemode: bool
    title: str
    description: str
    type: str
    content_type: ContentType
    file_formats: list[str]
    accepted_formats: list[str]
    """MIME types."""
    quantity: int
    files_needed: int
    reward_per_file: int
    """Credits."""
    price_per_file_cents: int
    min_star_rating: int
    scoring_criteria: str | None
    """For people; no score depends on it."""
    files_per_submission: int
    max_workers: int | None
    deadline: WireTime | None
    location: Place | None
    worker_guidelines: str | None
    requirements: dict[str, Any]
    metadata: dict[str, Any]
    keep_location: bool
    files_approved: int
    files_pending: int
    """Slots that are given away and not decided."""
    slots_open: int
    total_cost_credits: int
    spent_credits: int
    held_credits: int
    rating: int | None
    created_at: WireTime
    updated_at: WireTime
    ended_at: WireTime | None

    @classmethod
    def of(cls, job: Job) -> Self:
        """As the API shows it."""
        same = {name: getattr(job, name) for name in cls.model_fields if hasattr(job, name)}
        return cls.model_validate(
            same
            | {
                "metadata": job.details,
                "accepted_formats": [MIME_TYPES[name][1] for name in job.file_formats],
                "files_needed": job.quantity,
                "price_per_file_cents": job.reward_per_file,
                "slots_open": slots_open(job),
                "total_cost_credits": job.quantity * job.reward_per_file,
            }
        )


class JobRating(Wire):
    """How content the client is with a job."""

    rating: Annotated[int, Field(strict=True, ge=1, le=5), INTEGRAL]
    comment: Text | None = Field(default=None, max_length=2000)


class AuditResource(Wire):
    """One thing that was done to a job or an account."""

    object: Literal["audit_entry"] = "audit_entry"
    id: str
    action: str
    actor: str
    subject_id: str | None
    details: dict[str, Any]
    request_id: str | None
    created_at: WireTime

    model_config = ConfigDict(from_attributes=True)


def slots_open(job: Job | JobSlots) -> int:
    """Slots that can be given away now."""
    return job.quantity - job.files_approved - job.files_pending if job.status == "active" else 0


def brief_of(job: Job) -> JobBrief:
    """What the engine needs to know of a job."""
    return JobBrief(
        description=job.description,
        content_type=job.content_type,  # type: ignore[arg-type]  # checked when the job was made
        file_formats=tuple(job.file_formats),
        location=Place.model_validate(job.location) if job.location else None,
        requirements=Requirements.model_validate(job.requirements),
    )
