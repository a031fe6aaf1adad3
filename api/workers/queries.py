"""Reading workers."""

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller
from api.errors import NotFound
from api.tables import Worker


def workers_of(caller: Caller) -> Select[Worker]:
    """The workers of the caller's organization; they are the same in both modes."""
    return select(Worker).where(Worker.organization_id == caller.organization_id)


async def find_worker(session: AsyncSession, caller: Caller, worker_id: str) -> Worker:
    """A worker of the caller's.

    Raises:
        NotFound: it has none of this id.
    """
    return _found(await session.scalar(workers_of(caller).where(Worker.id == worker_id)), worker_id)


async def lock_worker(session: AsyncSession, caller: Caller, worker_id: str) -> Worker:
    """The same, kept from being struck or banned by anybody else until the transaction ends.

    Raises:
        NotFound: the caller has none of this id.
    """
    query = workers_of(caller).where(Worker.id == worker_id).with_for_update(key_share=True)
    return _found(await session.scalar(query.execution_options(populate_existing=True)), worker_id)


def _found(worker: Worker | None, worker_id: str) -> Worker:
    if worker is None:
        raise NotFound(f"there is no worker {worker_id}", param="worker_id")
    return worker
