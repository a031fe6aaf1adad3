"""Routes of submissions, for clients."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller, needs
from api.idempotency import Once, OnceUse, owner_of
from api.ids import JobId, SubmissionId
from api.jobs.queries import find_job
from api.pages import Page, PageRequest, Paging, fetch_page
from api.services import Services, Use
from api.submissions import review, service
from api.submissions.queries import find_submission, submissions_of, summarize
from api.submissions.schemas import Review, SubmissionCreate, SubmissionResource, SubmissionStatus, SubmissionSummary
from api.submissions.uploads import uploaded
from api.tables import Submission

router = APIRouter(tags=["submissions"])

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": SubmissionCreate.model_json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "worker_ref": {"type": "string", "maxLength": 255},
                        "captured_at": {"type": "string", "format": "date-time"},
                    },
                }
            },
        },
    }
}


@router.post("/v1/jobs/{job_id}/submissions", status_code=201, response_model=SubmissionResource, openapi_extra=_BODY)
async def create_submission(
    job_id: JobId, request: Request, use: Use, once: OnceUse, caller: Caller = needs("submissions:write")
) -> Response:
    """Bring a file of your own: JSON announces it and is answered with an upload URL, a form has it in `file`.

    A form may also tell the `sha256` of the file, as JSON does; another file is refused then.
    """
    kind = service.expect_media_type(request.headers.get("content-type", ""), "application/json", "multipart/form-data")
    if kind == "application/json":
        return await _announce(use, once, caller, job_id, await service.json_body(request))
    async with uploaded(request, use.settings.store.max_upload_bytes) as upload:
        upload.verify()
        async with service.stored(use, caller, job_id, upload) as brought:

            async def action(session: AsyncSession) -> SubmissionResource:
                return SubmissionResource.of(await service.bring(session, use, caller, job_id, brought))

            return await once.run(owner_of(caller), action, status=201, digest=upload.digest())


async def _announce(use: Services, once: Once, caller: Caller, job_id: str, body: SubmissionCreate) -> Response:
    async def action(session: AsyncSession) -> SubmissionResource:
        return SubmissionResource.of(*await service.announce(session, use, caller, job_id, body))

    return await once.run(owner_of(caller), action, status=201)


@router.get("/v1/jobs/{job_id}/submissions")
async def get_job_submissions(
    job_id: JobId,
    use: Use,
    page: Paging,
    status: SubmissionStatus | None = None,
    caller: Caller = needs("jobs:read"),
) -> Page[SubmissionResource]:
    """Submissions of one job."""
    async with use.db.read() as session:
        await find_job(session, caller, job_id)
        return await _page(session, caller, page, job_id, status)


@router.get("/v1/submissions")
async def list_submissions(
    use: Use,
    page: Paging,
    job_id: JobId | None = None,
    status: SubmissionStatus | None = None,
    caller: Caller = needs("jobs:read"),
) -> Page[SubmissionResource]:
    """Submissions of all jobs, or of one."""
    async with use.db.read() as session:
        if job_id is not None:
            await find_job(session, caller, job_id)
        return await _page(session, caller, page, job_id, status)


@router.get("/v1/submissions/summary")
async def get_submission_summary(
    use: Use, job_id: JobId | None = None, caller: Caller = needs("jobs:read")
) -> SubmissionSummary:
    """Submissions counted by status and score."""
    async with use.db.read() as session:
        if job_id is not None:
            await find_job(session, caller, job_id)
        return await summarize(session, caller, job_id)


@router.get("/v1/submissions/{submission_id}")
async def get_submission(
    submission_id: SubmissionId, use: Use, caller: Caller = needs("jobs:read")
) -> SubmissionResource:
    """One submission."""
    async with use.db.read() as session:
        return SubmissionResource.of(await find_submission(session, caller, submission_id))


@router.post("/v1/submissions/{submission_id}/review", response_model=SubmissionResource)
async def review_submission(
    submission_id: SubmissionId, body: Review, use: Use, once: OnceUse, caller: Caller = needs("submissions:write")
) -> Response:
    """Decide in the engine's place; the money follows, and the verdict is kept for calibration."""

    async with review.rendered(use, caller, submission_id, body) as made:

        async def action(session: AsyncSession) -> SubmissionResource:
            return SubmissionResource.of(await review.review(session, caller, submission_id, body, made))

        return await once.run(owner_of(caller), action)


async def _page(
    session: AsyncSession, caller: Caller, page: PageRequest, job_id: str | None, status: SubmissionStatus | None
) -> Page[SubmissionResource]:
    query = submissions_of(caller)
    if job_id is not None:
        query = query.where(Submission.job_id == job_id)
    if status is not None:
        query = query.where(Submission.status == status)
    return await fetch_page(session, query, Submission.id, page, SubmissionResource.of)
