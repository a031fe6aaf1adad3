"""What a transaction leaves behind for others: an event for the webhooks, an entry for the audit."""

from typing import Any, Literal, get_args

from sqlalchemy.ext.asyncio import AsyncSession

from api.ids import new_id
from api.rows import append
from api.tables import AuditEntry, Event

EventType = Literal[
    "submission.scored", "submission.approved", "submission.rejected", "submission.needs_review", "job.completed",
    "job.cancelled", "job.timed_out", "credits.low_balance", "export.completed",
]  # fmt: skip
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)


def emit(session: AsyncSession, organization_id: str, livemode: bool, kind: EventType, data: dict[str, Any]) -> None:
    """Put an event into the outbox; it is sent if, and only if, the transaction is committed.

    Args:
        session: of the transaction.
        organization_id: whose endpoints get it.
        livemode: whether those of live or of test mode get it.
        kind: the event's type.
        data: the resource as the API shows it, without URLs that expire.
    """
    told = {"organization_id": organization_id, "livemode": livemode, "type": kind, "data": data}
    append(session, Event, {"id": new_id("evt")} | told)


def record(
    session: AsyncSession,
    organization_id: str,
    action: str,
    *,
    actor: str,
    job_id: str | None = None,
    subject_id: str | None = None,
    request_id: str | None = None,
    **details: Any,
) -> None:
    """Write an audit entry in the transaction that does what it tells.

    Args:
        session: of the transaction.
        organization_id: whose audit it is.
        action: for example `job.created`.
        actor: id of the key or worker, or `engine`, `system`, `operator`.
        job_id: of the job that it belongs to.
        subject_id: of what was acted upon.
        request_id: of the request that did it.
        details: whatever helps to understand it; no secrets.
    """
    entry = {
        "id": new_id("aud"),
        "organization_id": organization_id,
        "job_id": job_id,
        "actor": actor,
        "action": action,
        "subject_id": subject_id,
        "details": details,
        "request_id": request_id,
    }
    append(session, AuditEntry, entry)
