"""The exports table as a queue: an export belongs to one exporter until its lease runs out."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from api.clock import after, now
from api.db import Database
from api.ids import new_id
from api.tables import Export

log = logging.getLogger("assay.exports")

RENEWALS = 3
"""In the time of a lease, so that two may fail."""

ANY_WAITING = select(Export.id).where(Export.claimable_at <= bindparam("moment")).limit(1)


async def claim(session: AsyncSession, seconds: float, turn_after: str = "") -> Export | None:
    """Take an export, if one waits; its `claim_token` is ours then.

    Organizations take turns, in the order of their ids, so that nobody's many stand before everybody's. Of one's own
    it is the export that waits longest. What waits is sorted for that: a few of each organization.

    Args:
        session: of the transaction.
        seconds: of the lease.
        turn_after: id of the organization that had the last turn; empty when none had.
    """
    waiting = (
        select(Export.id)
        .where(Export.claimable_at <= now())
        .order_by(Export.organization_id <= turn_after, Export.organization_id, Export.claimable_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    taken = (
        update(Export)
        .where(Export.id.in_(waiting))
        .values(status="running", claimable_at=after(seconds), claim_token=new_id("exp"), attempts=Export.attempts + 1)
        .returning(Export)
        .execution_options(synchronize_session=False)
    )
    return (await session.scalars(taken)).one_or_none()


async def change(session: AsyncSession, export: Export, **values: Any) -> bool:
    """Change an export, if its claim is still ours; whether it was."""
    ours = (
        update(Export)
        .where(Export.id == export.id, Export.claim_token == export.claim_token)
        .values(**values)
        .returning(Export.id)
        .execution_options(synchronize_session=False)
    )
    return await session.scalar(ours) is not None


@asynccontextmanager
async def held(db: Database, export: Export, seconds: float) -> AsyncIterator[None]:
    """Renew the lease while the block runs.

    Raises:
        TimeoutError: the lease could not be renewed in time, or is another's; the block was cancelled.
    """
    async with asyncio.timeout(seconds) as deadline:
        renewing = asyncio.create_task(_renew(db, export, seconds, deadline))
        try:
            yield
        finally:
            renewing.cancel()


async def _renew(db: Database, export: Export, seconds: float, deadline: asyncio.Timeout) -> None:
    clock = asyncio.get_running_loop().time
    while not deadline.expired():
        await asyncio.sleep(seconds / RENEWALS)
        asked_at = clock()
        try:
            async with db.write() as session:
                ours = await change(session, export, claimable_at=after(seconds))
        except (SQLAlchemyError, OSError) as error:
            log.warning("the lease of %s was not renewed: %s", export.id, error)
            continue
        if not deadline.expired():
            deadline.reschedule(asked_at + seconds if ours else asked_at)
