"""Reading exports, and what goes into them."""

from collections.abc import AsyncIterator, Sequence

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller
from api.db import Database
from api.errors import NotFound
from api.tables import Export, File

BATCH_FILES = 100
"""Rows in memory at once; the annotations of a dense page of text have some hundred kilobytes."""


def exports_of(caller: Caller) -> Select[Export]:
    """The caller's exports, of its key's mode."""
    return select(Export).where(Export.organization_id == caller.organization_id, Export.livemode == caller.livemode)


async def find_export(session: AsyncSession, caller: Caller, export_id: str) -> Export:
    """An export of the caller.

    Raises:
        NotFound: it has none of this id.
    """
    export = await session.scalar(exports_of(caller).where(Export.id == export_id))
    if export is None:
        raise NotFound(f"there is no export {export_id}", param="export_id")
    return export


async def snapshot(session: AsyncSession, job_id: str) -> Sequence[str]:
    """Ids of the files that a job has delivered at this moment, oldest first; a job has 10,000 at most."""
    delivered = select(File.id).where(File.job_id == job_id, File.status == "approved").order_by(File.id)
    return (await session.scalars(delivered)).all()


async def rows(db: Database, file_ids: Sequence[str]) -> AsyncIterator[File]:
    """The files of these ids, in their order, some at a time and no transaction in between."""
    for start in range(0, len(file_ids), BATCH_FILES):
        batch = select(File).where(File.id.in_(file_ids[start : start + BATCH_FILES])).order_by(File.id)
        async with db.read() as session:
            found = (await session.scalars(batch)).all()
        for file in found:
            yield file
