"""Workers as their organization sees them."""

from typing import Any, Literal, Self

from pydantic import Field

from api.tables import Worker
from api.wire import Email, Filled, Metadata, Text, Wire, WireTime

WorkerStatus = Literal["active", "banned"]


class WorkerCreate(Wire):
    """A person who will capture files."""

    name: Filled = Field(max_length=200)
    email: Email | None = None
    """For the organization's own use; nothing is sent there."""
    metadata: Metadata = Field(default_factory=dict)


class WorkerBan(Wire):
    """Why a worker gets no more work."""

    reason: Text | None = Field(default=None, max_length=500)


class WorkerResource(Wire):
    """A worker, without its token."""

    object: Literal["worker"] = "worker"
    id: str
    name: str
    email: str | None
    status: WorkerStatus
    strikes: int
    """Files of one star; `collection.strikes_to_ban` of them ban, three by default."""
    earned_credits: int
    banned_reason: str | None
    metadata: Metadata
    created_at: WireTime
    updated_at: WireTime

    @classmethod
    def of(cls, worker: Worker) -> Self:
        """As the API shows it."""
        return cls.model_validate(_fields(worker))


class NewWorkerResource(WorkerResource):
    """A worker with its new token."""

    token: str
    """What the worker signs in with. It is shown here, and never again."""

    @classmethod
    def made(cls, worker: Worker, token: str) -> Self:
        """As the API shows it once."""
        return cls.model_validate(_fields(worker) | {"token": token})


def _fields(worker: Worker) -> dict[str, Any]:
    names = (name for name in WorkerResource.model_fields if name not in ("object", "metadata"))
    return {name: getattr(worker, name) for name in names} | {"metadata": worker.details}
