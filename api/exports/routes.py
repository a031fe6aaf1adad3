"""Routes of exports."""

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller, needs
from api.exports.queries import exports_of, find_export
from api.exports.schemas import ExportCreate, ExportResource
from api.exports.service import create_export
from api.files.queries import url_seconds
from api.idempotency import OnceUse, owner_of
from api.ids import ExportId, JobId
from api.jobs.queries import find_job
from api.pages import Page, Paging, fetch_page
from api.services import Use
from api.tables import Export

router = APIRouter(tags=["exports"])


@router.post("/v1/jobs/{job_id}/exports", status_code=201, response_model=ExportResource)
async def export_job(
    job_id: JobId, body: ExportCreate, use: Use, once: OnceUse, caller: Caller = needs("files:read")
) -> Response:
    """Ask for a dataset of the files that the job has delivered; `export.completed` tells when it is there."""

    async def action(session: AsyncSession) -> ExportResource:
        export = await create_export(session, caller, job_id, body)
        return ExportResource.of(export, use, await url_seconds(session, use, caller.organization_id))

    return await once.run(owner_of(caller), action, status=201)


@router.get("/v1/jobs/{job_id}/exports")
async def list_job_exports(
    job_id: JobId, use: Use, page: Paging, caller: Caller = needs("files:read")
) -> Page[ExportResource]:
    """Newest first."""
    async with use.db.read() as session:
        await find_job(session, caller, job_id)
        seconds = await url_seconds(session, use, caller.organization_id)
        query = exports_of(caller).where(Export.job_id == job_id)
        return await fetch_page(session, query, Export.id, page, lambda one: ExportResource.of(one, use, seconds))


@router.get("/v1/exports/{export_id}")
async def get_export(export_id: ExportId, use: Use, caller: Caller = needs("files:read")) -> ExportResource:
    """One export, with a fresh download URL once it is completed."""
    async with use.db.read() as session:
        export = await find_export(session, caller, export_id)
        return ExportResource.of(export, use, await url_seconds(session, use, caller.organization_id))
