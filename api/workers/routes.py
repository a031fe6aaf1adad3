"""Routes of workers, for their organization. What a worker itself may do is in `worker_routes`.

Workers are the same in both modes, so test keys may look at them and change nothing.
"""

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller, needs
from api.idempotency import OnceUse, owner_of
from api.ids import WorkerId
from api.live_only import require_live
from api.pages import Page, Paging, fetch_page
from api.services import Use
from api.tables import Worker
from api.workers import invitations, service
from api.workers.invitation_schemas import InvitationResource
from api.workers.queries import find_worker, workers_of
from api.workers.schemas import NewWorkerResource, WorkerBan, WorkerCreate, WorkerResource, WorkerStatus

router = APIRouter(tags=["workers"])


@router.post("/v1/workers", status_code=201, response_model=NewWorkerResource)
async def create_worker(body: WorkerCreate, once: OnceUse, caller: Caller = needs("workers:manage")) -> Response:
    """Make a worker. Its token is in this answer, and in no other."""
    require_live(caller, "making workers")

    async def action(session: AsyncSession) -> NewWorkerResource:
        return NewWorkerResource.made(*await service.register_worker(session, caller, body))

    return await once.run(caller.key_id, action, status=201)


@router.get("/v1/workers")
async def list_workers(
    use: Use, page: Paging, status: WorkerStatus | None = None, caller: Caller = needs("workers:manage")
) -> Page[WorkerResource]:
    """Newest first."""
    query = workers_of(caller)
    if status is not None:
        query = query.where(Worker.status == status)
    async with use.db.read() as session:
        return await fetch_page(session, query, Worker.id, page, WorkerResource.of)


@router.get("/v1/workers/{worker_id}")
async def get_worker(worker_id: WorkerId, use: Use, caller: Caller = needs("workers:manage")) -> WorkerResource:
    """One worker."""
    async with use.db.read() as session:
        return WorkerResource.of(await find_worker(session, caller, worker_id))


@router.post("/v1/workers/{worker_id}/ban", response_model=WorkerResource)
async def ban_worker(
    worker_id: WorkerId, once: OnceUse, body: WorkerBan | None = None, caller: Caller = needs("workers:manage")
) -> Response:
    """Give a worker no more work. What was earned stays earned."""
    require_live(caller, "banning workers")
    reason = body.reason if body else None

    async def action(session: AsyncSession) -> WorkerResource:
        return WorkerResource.of(await service.ban_worker(session, caller, worker_id, reason))

    return await once.run(owner_of(caller), action)


@router.post("/v1/workers/{worker_id}/unban", response_model=WorkerResource)
async def unban_worker(worker_id: WorkerId, once: OnceUse, caller: Caller = needs("workers:manage")) -> Response:
    """Let a worker in again, with no strikes."""
    require_live(caller, "letting workers in")

    async def action(session: AsyncSession) -> WorkerResource:
        return WorkerResource.of(await service.unban_worker(session, caller, worker_id))

    return await once.run(owner_of(caller), action)


@router.post("/v1/workers/{worker_id}/rotate_token", response_model=NewWorkerResource)
async def rotate_worker_token(worker_id: WorkerId, once: OnceUse, caller: Caller = needs("workers:manage")) -> Response:
    """Give a worker a new token. The old one ends at once."""
    require_live(caller, "making tokens")

    async def action(session: AsyncSession) -> NewWorkerResource:
        return NewWorkerResource.made(*await service.rotate_token(session, caller, worker_id))

    return await once.run(caller.key_id, action)


@router.post("/v1/workers/{worker_id}/invitation", status_code=201, response_model=InvitationResource)
async def create_worker_invitation(
    worker_id: WorkerId, use: Use, once: OnceUse, caller: Caller = needs("workers:manage")
) -> Response:
    """Make a link, and its QR code, that signs the worker in on the capture page, once. An older one ends."""
    require_live(caller, "inviting workers")

    async def action(session: AsyncSession) -> InvitationResource:
        return await invitations.invite(session, use, caller, worker_id)

    return await once.run(caller.key_id, action, status=201)
