"""Reading files. Every list is an index range, at a million files in one job too (docs/decisions/0007)."""

from sqlalchemy import Select, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from api.auth import Caller
from api.errors import NotFound
from api.files.schemas import FileStatus
from api.organizations.settings import settings_of
from api.pages import PageRequest
from api.services import Services
from api.tables import File, Organization

BEST_SCORE = 5


def files_of(caller: Caller) -> Select[File]:
    """The caller's files, of its key's mode."""
    return select(File).where(File.organization_id == caller.organization_id, File.livemode == caller.livemode)


async def find_file(session: AsyncSession, caller: Caller, file_id: str) -> File:
    """A file of the caller.

    Raises:
        NotFound: it has none of this id.
    """
    file = await session.scalar(files_of(caller).where(File.id == file_id))
    if file is None:
        raise NotFound(f"there is no file {file_id}", param="file_id")
    return file


async def url_seconds(session: AsyncSession, use: Services, organization_id: str) -> int:
    """How long the organization wants its download URLs to live, at most what the operator allows."""
    wanted = settings_of(await session.get_one(Organization, organization_id)).download_url_seconds
    return min(wanted, use.settings.store.download_url_seconds)


async def page_of_files(
    session: AsyncSession,
    caller: Caller,
    page: PageRequest,
    *,
    job_id: str | None = None,
    status: FileStatus | None = None,
    min_score: int | None = None,
) -> list[File]:
    """One file more than the page holds, newest first, so that the caller sees whether there are more."""
    query = files_of(caller)
    if job_id is not None:
        query = query.where(File.job_id == job_id)
    if status is not None:
        query = query.where(File.status == status)
    if page.before is not None:
        query = query.where(File.id < page.before)
    count = page.limit + 1
    if min_score is None or min_score <= 1:
        return list(await session.scalars(query.order_by(File.id.desc()).limit(count)))
    return await _at_least(session, query, min_score, count, status)


async def _at_least(
    session: AsyncSession, query: Select[File], min_score: int, count: int, status: FileStatus | None
) -> list[File]:
    """The newest of each score, merged: a range over scores could not be read in the order of time."""
    statuses: tuple[str, ...] = (status,) if status else ("approved", "rejected", "retry_pending", "surplus")
    newest = [
        query.where(File.score == score, File.status == one)
        .with_only_columns(File.id)
        .order_by(File.id.desc())
        .limit(count)
        .subquery()
        for score in range(min_score, BEST_SCORE + 1)
        for one in statuses
    ]
    merged = union_all(*(select(part.c.id) for part in newest)).subquery()
    file = aliased(File)
    chosen = select(file).where(file.id.in_(select(merged.c.id))).order_by(file.id.desc()).limit(count)
    return list(await session.scalars(chosen))
