"""The organization's workers: made, banned, let in again, given a new token.

A ban moves no money: what was earned stays earned, and what was submitted before is still scored and paid.
"""

from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import WORKER_TOKEN, Caller
from api.events import record
from api.ids import new_id
from api.secrets import SHOWN_CHARACTERS, new_token, token_hash
from api.tables import Submission, Worker
from api.workers.invitations import withdraw
from api.workers.queries import lock_worker
from api.workers.schemas import WorkerCreate


def create_worker(
    session: AsyncSession, organization_id: str, *, name: str, email: str | None, metadata: dict[str, Any]
) -> tuple[Worker, str]:
    """Add a worker to the session; returns it with its token, which is not stored and never seen again."""
    token = new_token(WORKER_TOKEN)
    worker = Worker(
        id=new_id("wkr"),
        organization_id=organization_id,
        name=name,
        email=email,
        token_hash=token_hash(token),
        shown=token[:SHOWN_CHARACTERS],
        details=metadata,
    )
    session.add(worker)
    return worker, token


async def register_worker(session: AsyncSession, caller: Caller, body: WorkerCreate) -> tuple[Worker, str]:
    """Make a worker on behalf of its organization."""
    worker, token = create_worker(
        session, caller.organization_id, name=body.name, email=body.email, metadata=body.metadata
    )
    await session.flush()
    _record(session, caller, worker, "worker.created")
    return worker, token


async def ban_worker(session: AsyncSession, caller: Caller, worker_id: str, reason: str | None) -> Worker:
    """Give a worker no more work. One that is banned already gets the new reason, where there is one.

    Raises:
        NotFound: the caller has none of this id.
    """
    worker = await lock_worker(session, caller, worker_id)
    if worker.status == "banned" and reason is None:
        return worker
    worker.status, worker.banned_reason = "banned", reason
    await session.flush()
    _record(session, caller, worker, "worker.banned", reason=reason, strikes=worker.strikes)
    return worker


async def unban_worker(session: AsyncSession, caller: Caller, worker_id: str) -> Worker:
    """Let a worker in again, with no strikes; one that is not banned loses its strikes too.

    Raises:
        NotFound: the caller has none of this id.
    """
    # Forgiven too: a review that finds one of them undeserved takes none that comes after. Submissions are locked
    # before workers everywhere.
    struck = (
        Submission.organization_id == caller.organization_id,
        Submission.worker_id == worker_id,
        Submission.struck,
    )
    await session.execute(update(Submission).where(*struck).values(struck=False, updated_at=Submission.updated_at))
    worker = await lock_worker(session, caller, worker_id)
    if worker.status == "active" and worker.strikes == 0:
        return worker
    strikes, worker.strikes = worker.strikes, 0
    worker.status, worker.banned_reason = "active", None
    await session.flush()
    _record(session, caller, worker, "worker.unbanned", strikes=strikes)
    return worker


async def rotate_token(session: AsyncSession, caller: Caller, worker_id: str) -> tuple[Worker, str]:
    """Give a worker a new token; the old one ends at once, and so does an invitation that was not opened yet.

    Raises:
        NotFound: the caller has none of this id.
    """
    worker = await lock_worker(session, caller, worker_id)
    await withdraw(session, worker.id)
    token = new_token(WORKER_TOKEN)
    worker.token_hash, worker.shown = token_hash(token), token[:SHOWN_CHARACTERS]
    await session.flush()
    _record(session, caller, worker, "worker.token_rotated")
    return worker, token


def _record(session: AsyncSession, caller: Caller, worker: Worker, action: str, **details: Any) -> None:
    record(
        session,
        caller.organization_id,
        action,
        actor=caller.key_id,
        subject_id=worker.id,
        request_id=caller.request_id,
        **details,
    )
