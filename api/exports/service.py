"""Asking for an export."""

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller
from api.errors import ValidationFailed
from api.events import record
from api.exports.formats import FORMATS
from api.exports.schemas import ExportCreate
from api.ids import new_id
from api.jobs.queries import find_job
from api.tables import Export


async def create_export(session: AsyncSession, caller: Caller, job_id: str, body: ExportCreate) -> Export:
    """An export that waits for an exporter.

    Raises:
        NotFound: the caller has no such job.
        ValidationFailed: the format cannot hold what the job collects.
    """
    job = await find_job(session, caller, job_id)
    if job.content_type not in FORMATS[body.format].content_types:
        raise ValidationFailed(f"{body.format} cannot hold {job.content_type} files", param="format")
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
