"""Invitations: a link that signs a worker in on a device of its own, once.

The link's fragment holds the code, which browsers keep to themselves: it reaches no log of ours or of a proxy. What is
stored of the code is its hash, as of every token. A worker has one invitation at a time.
"""

import hmac
from io import BytesIO

import segno
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller
from api.clock import after, now
from api.errors import AuthenticationFailed
from api.events import record
from api.secrets import new_token, token_hash
from api.services import Services
from api.tables import Worker, WorkerInvitation
from api.workers.invitation_schemas import InvitationResource
from api.workers.queries import lock_worker

CODE = "inv_"
PAGE = "/capture"
QUIET_ZONE_MODULES = 4
"""Of ISO/IEC 18004; with less, some cameras do not find the symbol on a dark page."""


async def invite(session: AsyncSession, use: Services, caller: Caller, worker_id: str) -> InvitationResource:
    """Make the worker's invitation; one that was made before ends.

    Raises:
        NotFound: the caller has no such worker.
    """
    worker = await lock_worker(session, caller, worker_id)
    await withdraw(session, worker.id)
    code, expires_at = new_token(CODE), after(use.settings.collection.invitation_seconds)
    session.add(WorkerInvitation(worker_id=worker.id, code_hash=token_hash(code), expires_at=expires_at))
    await session.flush()
    record(
        session,
        caller.organization_id,
        "worker.invited",
        actor=caller.key_id,
        subject_id=worker.id,
        request_id=caller.request_id,
    )
    url = f"{use.settings.api.url}{PAGE}#{code}"
    return InvitationResource(worker_id=worker.id, url=url, qr_svg=qr_svg(url), expires_at=expires_at)


async def open_invitation(session: AsyncSession, code: str, request_id: str | None = None) -> Worker:
    """The worker that a code signs in. It does so once.

    Raises:
        AuthenticationFailed: the code is unknown, was used, or is too old; the message says what to do.
    """
    hashed = token_hash(code)
    query = select(WorkerInvitation).where(WorkerInvitation.code_hash == hashed).with_for_update()
    invitation = await session.scalar(query.execution_options(populate_existing=True))
    if invitation is None or not hmac.compare_digest(invitation.code_hash, hashed):
        raise _refused("unknown", "is not valid any more, or was never; a newer one may have taken its place")
    if invitation.opened_at is not None:
        raise _refused("opened", "was opened already, and works once")
    if invitation.expires_at <= now():
        raise _refused("expired", "has expired")
    invitation.opened_at = now()
    worker = await session.get_one(Worker, invitation.worker_id)
    record(
        session,
        worker.organization_id,
        "worker.invitation_opened",
        actor=worker.id,
        subject_id=worker.id,
        request_id=request_id,
    )
    return worker


async def withdraw(session: AsyncSession, worker_id: str) -> None:
    """End the worker's invitation, if there is one."""
    await session.execute(delete(WorkerInvitation).where(WorkerInvitation.worker_id == worker_id))


def qr_svg(text: str) -> str:
    """The text as a QR code: an SVG document, black on white in any theme, as large as it is shown."""
    made = BytesIO()
    code = segno.make(text, error="m", micro=False)
    bare = {"xmldecl": False, "nl": False, "omitsize": True, "svgclass": None, "lineclass": None}
    code.save(made, kind="svg", border=QUIET_ZONE_MODULES, light="#fff", dark="#000", **bare)
    return made.getvalue().decode()


def _refused(why: str, told: str) -> AuthenticationFailed:
    message = f"this invitation {told}; ask the person who invited you for a new one"
    return AuthenticationFailed(message, code=f"invitation_{why}")
