"""What workers see of themselves and of the jobs."""

from typing import Any, Literal, Self

from api.jobs.schemas import JobStatus, slots_open
from api.tables import Job, Worker
from api.wire import Wire, WireTime
from pipeline.brief import Place
from pipeline.media import MIME_TYPES, ContentType


class WorkerSelf(Wire):
    """The worker whose token it is."""

    object: Literal["worker"] = "worker"
    id: str
    name: str
    status: Literal["active", "banned"]
    strikes: int
    """Files of one star."""
    strikes_to_ban: int
    """So many ban."""
    earned_credits: int
    created_at: WireTime

    @classmethod
    def of(cls, worker: Worker, strikes_to_ban: int) -> Self:
        same = {name: getattr(worker, name) for name in cls.model_fields if hasattr(worker, name)}
        return cls.model_validate(same | {"strikes_to_ban": strikes_to_ban})


class WorkerJob(Wire):
    """A job as workers see it: what to capture and what it pays."""

    object: Literal["job"] = "job"
    id: str
    status: JobStatus
    """Jobs that have ended are still shown to those who sent files to them."""
    title: str
    description: str
    content_type: ContentType
    file_formats: list[str]
    accepted_formats: list[str]
    reward_per_file: int
    """Credits."""
    min_star_rating: int
    scoring_criteria: str | None
    """For people; no score depends on it."""
    worker_guidelines: str | None
    files_per_submission: int
    requirements: dict[str, Any]
    location: Place | None
    deadline: WireTime | None
    slots_open: int
    created_at: WireTime

    @classmethod
    def of(cls, job: Job) -> Self:
        same = {name: getattr(job, name) for name in cls.model_fields if hasattr(job, name)}
        mimes = [MIME_TYPES[name][1] for name in job.file_formats]
        return cls.model_validate(same | {"slots_open": slots_open(job), "accepted_formats": mimes})
