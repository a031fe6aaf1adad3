"""Routes of the worker's own side."""

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import WorkerUse
from api.idempotency import OnceUse
from api.ids import JobId, SubmissionId
from api.jobs.queries import found as found_job
from api.pages import Page, Paging, fetch_page
from api.rows import Written
from api.services import Services, Use
from api.submissions.keys import SubmissionRow, sign_upload
from api.submissions.schemas import PartedUpload, SubmissionStatus, Submit, UploadBegin, WorkerSubmissionResource
from api.tables import Job, Submission, Worker
from api.workers import worker_service as service
from api.workers.worker_schemas import WorkerJob, WorkerSelf
from api.workers.worker_service import HandedIn
from api.workers.worker_turns import turns_of

router = APIRouter(tags=["worker"])


# These two first: they are asked for more often than all the others, and in this order.
@router.post("/v1/worker/jobs/{job_id}/accept", status_code=201, response_model=WorkerSubmissionResource)
async def accept_job(job_id: JobId, request: Request, use: Use, worker: WorkerUse, once: OnceUse) -> Response:
    """Take a slot: the answer says where to PUT the file, and until when."""

    def shown(leases: list[Written]) -> WorkerSubmissionResource:
        taken = [_with_upload(use, lease) for lease in leases]
        return taken[0].model_copy(update={"submissions": taken if len(taken) > 1 else None})

    async def action(session: AsyncSession) -> WorkerSubmissionResource:
        return shown(await service.accept(session, use, worker, job_id))

    async def together() -> WorkerSubmissionResource:
        return shown(await turns_of(request).accept(worker, job_id))

    return await once.run(worker.worker_id, action, status=201, without_key=together)


@router.post("/v1/worker/submissions/{submission_id}/submit", response_model=WorkerSubmissionResource)
async def submit(
    submission_id: SubmissionId,
    request: Request,
    use: Use,
    worker: WorkerUse,
    once: OnceUse,
    body: Annotated[Submit | None, Body()] = None,
) -> Response:
    """Say that the file is uploaded; it is scored next."""
    handed_in = HandedIn(worker, submission_id, body or Submit())

    async def together() -> WorkerSubmissionResource:
        return WorkerSubmissionResource.of(await turns_of(request).submit(handed_in))

    async def answer() -> Response:
        arrivals = await service.look_for_files(use, [handed_in]) if once.has_key else {}

        async def action(session: AsyncSession) -> WorkerSubmissionResource:
            return WorkerSubmissionResource.of(await service.submit(session, handed_in, arrivals))

        return await once.run(worker.worker_id, action, without_key=together)

    try:
        return await answer()
    except service.UploadMissing:
        if not await service.join_upload(use, worker, submission_id):
            raise
        return await answer()


@router.get("/v1/worker/me")
async def get_me(use: Use, worker: WorkerUse) -> WorkerSelf:
    """Who I am, what I earned, how many strikes I have."""
    async with use.db.read() as session:
        found = await session.get_one(Worker, worker.worker_id)
        return WorkerSelf.of(found, use.settings.collection.strikes_to_ban)


@router.get("/v1/worker/jobs")
async def list_jobs_for_worker(use: Use, worker: WorkerUse, page: Paging) -> Page[WorkerJob]:
    """Jobs with open slots."""
    with_slots = service.jobs_for(worker).where(Job.quantity > Job.files_approved + Job.files_pending)
    async with use.db.read() as session:
        return await fetch_page(session, with_slots, Job.id, page, WorkerJob.of)


@router.get("/v1/worker/jobs/{job_id}")
async def get_job_for_worker(job_id: JobId, use: Use, worker: WorkerUse) -> WorkerJob:
    """One active job, or one that I took a slot of."""
    async with use.db.read() as session:
        job = await session.scalar(service.jobs_known_to(worker).where(Job.id == job_id))
        return WorkerJob.of(found_job(job, job_id))


@router.get("/v1/worker/submissions")
async def list_own_submissions(
    use: Use,
    worker: WorkerUse,
    page: Paging,
    status: SubmissionStatus | None = None,
    job_id: JobId | None = None,
) -> Page[WorkerSubmissionResource]:
    """My submissions, newest first."""
    query = service.submissions_by(worker)
    if status is not None:
        query = query.where(Submission.status == status)
    if job_id is not None:
        query = query.where(Submission.job_id == job_id)
    async with use.db.read() as session:
        return await fetch_page(session, query, Submission.id, page, WorkerSubmissionResource.of)


@router.get("/v1/worker/submissions/{submission_id}")
async def get_own_submission(submission_id: SubmissionId, use: Use, worker: WorkerUse) -> WorkerSubmissionResource:
    """One of my submissions: its score, reasons and what to do better; the upload URL while it waits for a file."""
    async with use.db.read() as session:
        submission = await service.find_own(session, worker, submission_id)
    if submission.status == "awaiting_upload":
        return _with_upload(use, submission)
    return WorkerSubmissionResource.of(submission)


@router.post("/v1/worker/submissions/{submission_id}/parted_upload", status_code=201, response_model=PartedUpload)
async def create_parted_upload(
    submission_id: SubmissionId, body: UploadBegin, use: Use, worker: WorkerUse, once: OnceUse
) -> Response:
    """Send a large file in parts, so that a broken connection costs one of them; an earlier upload's parts go."""

    async def action(session: AsyncSession) -> PartedUpload:
        return await service.begin_upload(session, use, worker, submission_id, body.size_bytes)

    return await once.run(worker.worker_id, action, status=201)


@router.get("/v1/worker/submissions/{submission_id}/parted_upload")
async def get_parted_upload(
    submission_id: SubmissionId,
    use: Use,
    worker: WorkerUse,
    upload_id: Annotated[str | None, Query(max_length=1024, description="Which one is meant.")] = None,
) -> PartedUpload:
    """What of it is there and where the next parts go; once nothing is missing, submit the file."""
    return await service.look_at_upload(use, worker, submission_id, upload_id)


@router.post("/v1/worker/submissions/{submission_id}/retry", response_model=WorkerSubmissionResource)
async def retry_submission(submission_id: SubmissionId, use: Use, worker: WorkerUse, once: OnceUse) -> Response:
    """Try once more after 2 stars; the answer has a new upload URL."""

    async def action(session: AsyncSession) -> WorkerSubmissionResource:
        return _with_upload(use, await service.retry(session, use, worker, submission_id))

    return await once.run(worker.worker_id, action)


def _with_upload(use: Services, submission: SubmissionRow) -> WorkerSubmissionResource:
    return WorkerSubmissionResource.of(submission, sign_upload(use, submission))
