"""Asking for an export."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller
from api.errors import Conflict, ValidationFailed
from api.events import record
from api.exports.formats import FORMATS
from api.exports.queries import exports_of
from api.exports.schemas import ExportCreate
from api.ids import new_id
from api.jobs.queries import find_job
from api.organizations.queries import lock_organization
from api.tables import Export

MAX_UNFINISHED = 20
"""Exports of an organization that wait or are being made: some hours of one exporter, which others wait for too."""


async def create_export(session: AsyncSession, caller: Caller, job_id: str, body: ExportCreate) -> Export:
    """An export that waits for an exporter: the one that waits already for the same, which will hold the same files.

    Raises:
        NotFound: the caller has no such job.
        ValidationFailed: the format cannot hold what the job collects.
        Conflict: `MAX_UNFINISHED` of the organization's exports are not made yet.
    """
    job = await find_job(session, caller, job_id)
    if job.content_type not in FORMATS[body.format].content_types:
        raise ValidationFailed(f"{body.format} cannot hold {job.content_type} files", param="format")
    await lock_organization(session, caller.organization_id)
    same = exports_of(caller).where(Export.job_id == job.id, Export.format == body.format, Export.status == "pending")
    if waiting := await session.scalar(same.limit(1)):
        return waiting
    await _require_room(session, caller.organization_id)
    export = Export(
        id=new_id("exp"),
        organization_id=caller.organization_id,
        job_id=job.id,
        livemode=caller.livemode,
        format=body.format,
    )
    session.add(export)
    await session.flush()
    record(
        session,
        caller.organization_id,
        "export.created",
        actor=caller.key_id,
        job_id=job.id,
        subject_id=export.id,
        request_id=caller.request_id,
        format=body.format,
    )
    return export


async def _require_room(session: AsyncSession, organization_id: str) -> None:
    unfinished = Export.organization_id == organization_id, Export.claimable_at.is_not(None)
    count = await session.scalar(select(func.count()).where(*unfinished)) or 0
    if count >= MAX_UNFINISHED:
        message = f"{MAX_UNFINISHED} exports of your organization are not made yet; ask again when one is"
        raise Conflict(message, code="too_many_exports")
