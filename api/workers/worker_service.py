"""What workers do: accept a job, submit a file, try again."""

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import WorkerCaller
from api.clock import after, now
from api.errors import AuthorizationFailed, Conflict, NotFound
from api.events import record
from api.jobs.slots import lock_slots
from api.rows import change_row
from api.services import Services
from api.submissions import parted
from api.submissions.queries import found, lock_own_row, lock_submission
from api.submissions.schemas import PartedUpload, Submit
from api.submissions.service import is_uploaded, queued
from api.submissions.slots import lease_slots
from api.tables import Job, Submission


class UploadMissing(Conflict):
    """A file is handed in that is not at its place, or not yet: it may have come in parts."""


def jobs_for(worker: WorkerCaller) -> Select[Job]:
    """Active jobs of the worker's organization that pay."""
    return select(Job).where(
        Job.organization_id == worker.organization_id, Job.livemode.is_(True), Job.status == "active"
    )


def jobs_known_to(worker: WorkerCaller) -> Select[Job]:
    """Those, and whatever job the worker took a slot of: its history tells of jobs that have ended."""
    of_organization = select(Job).where(Job.organization_id == worker.organization_id, Job.livemode.is_(True))
    taken = submissions_by(worker).where(Submission.job_id == Job.id).exists()
    return of_organization.where(or_(Job.status == "active", taken))


def submissions_by(worker: WorkerCaller) -> Select[Submission]:
    """The worker's own submissions, and nobody else's."""
    return select(Submission).where(Submission.worker_id == worker.worker_id)


async def find_own(session: AsyncSession, worker: WorkerCaller, submission_id: str) -> Submission:
    """A submission of the worker.

    Raises:
        NotFound: it has none of this id.
    """
    return found(await session.scalar(submissions_by(worker).where(Submission.id == submission_id)), submission_id)


async def accept(session: AsyncSession, use: Services, worker: WorkerCaller, job_id: str) -> list[Submission]:
    """Lease slots of a job.

    Raises:
        AuthorizationFailed: the worker is banned.
        NotFound: there is no such job for it.
        Conflict: no slot is open, or not for this worker.
    """
    require_active(worker)
    job = await lock_slots(session, job_id, worker.organization_id)
    leases = await lease_slots(session, job, worker.worker_id, use.settings.collection)
    for lease in leases:
        _record(session, lease, "submission.accepted", worker)
    return leases


async def begin_upload(
    session: AsyncSession, use: Services, worker: WorkerCaller, submission_id: str, size_bytes: int
) -> PartedUpload:
    """Begin to send a file in parts.

    Raises:
        AuthorizationFailed: the worker is banned.
        NotFound: it has no such submission.
        Conflict: it waits for no file, or has it already.
        PayloadTooLarge: the file is larger than may be.
    """
    require_active(worker)
    submission = await lock_submission(session, submission_id, worker.worker_id)
    _require_waiting(submission)
    return await parted.begin(use, submission, size_bytes)


async def look_at_upload(
    use: Services, worker: WorkerCaller, submission_id: str, upload_id: str | None
) -> PartedUpload:
    """How far an upload in parts has come.

    Args:
        upload_id: which one is meant; the present one when absent.

    Raises:
        NotFound: the worker has no such submission, or no such upload is under way.
        Conflict: it waits for no file, or has it already.
    """
    async with use.db.read() as session:
        submission = await find_own(session, worker, submission_id)
    _require_waiting(submission)
    if upload_id is not None and upload_id != submission.upload_id:
        raise NotFound("there is no such upload for this submission", param="upload_id")
    return await parted.look(use, submission)


async def join_upload(use: Services, worker: WorkerCaller, submission_id: str) -> bool:
    """Make the file of its parts, if it comes in parts. By itself, since gigabytes take longer than a transaction may.

    Returns:
        Whether it comes in parts.

    Raises:
        NotFound: the worker has no such submission.
    """
    async with use.db.read() as session:
        submission = await find_own(session, worker, submission_id)
    if submission.status != "awaiting_upload" or submission.upload_id is None:
        return False
    await parted.join(use, submission)
    return True


async def submit(
    session: AsyncSession, use: Services, worker: WorkerCaller, submission_id: str, body: Submit
) -> Submission:
    """Queue an uploaded file for scoring. A second call for the same upload changes nothing.

    Raises:
        AuthorizationFailed: the worker is banned.
        NotFound: it has no such submission.
        UploadMissing: the file is not there.
        Conflict: the slot was taken back.
    """
    require_active(worker)
    row = await lock_own_row(session, submission_id, worker.worker_id)
    if row.status in ("pending_score", "approved", "rejected", "needs_review"):
        return Submission(**row._mapping)
    if row.status != "awaiting_upload":
        raise Conflict(f"this submission is {row.status}", code=f"submission_{row.status}")
    if not await is_uploaded(use, row):
        raise UploadMissing("no file was uploaded yet; PUT it to the upload URL first", code="upload_missing")
    changes = {
        "filename": body.filename or row.filename,
        "declared_sha256": body.sha256.lower() if body.sha256 else None,
        "captured_at": body.captured_at,
        "updated_at": now(),
    } | queued()
    await change_row(session, Submission, row.id, changes)
    submission = Submission(**row._asdict() | changes)
    _record(session, submission, "submission.submitted", worker)
    return submission


async def retry(session: AsyncSession, use: Services, worker: WorkerCaller, submission_id: str) -> Submission:
    """Take the second attempt.

    Raises:
        AuthorizationFailed: the worker is banned.
        NotFound: it has no such submission.
        Conflict: there is no attempt left.
    """
    require_active(worker)
    submission = await lock_submission(session, submission_id, worker.worker_id)
    if submission.status == "awaiting_upload" and submission.attempt > 1:
        return submission
    if submission.status != "retry_pending":
        raise Conflict(f"a submission that is {submission.status} has no retry", code="no_retry")
    await parted.drop(use, submission)
    submission.status, submission.attempt = "awaiting_upload", submission.attempt + 1
    submission.lease_expires_at = after(use.settings.collection.upload_lease_seconds)
    await session.flush()
    _record(session, submission, "submission.retried", worker)
    return submission


def require_active(worker: WorkerCaller) -> None:
    """Raises:
    AuthorizationFailed: the worker is banned.
    """
    if worker.banned:
        raise AuthorizationFailed("you are banned from this organization's jobs", code="worker_banned")


def _require_waiting(submission: Submission) -> None:
    """Raises:
    Conflict: it is decided or scored, or its time has run out.
    """
    if submission.status != "awaiting_upload":
        raise Conflict(f"this submission is {submission.status}", code=f"submission_{submission.status}")
    if submission.lease_expires_at is not None and submission.lease_expires_at <= now():
        raise Conflict("the time for this upload has run out; accept the job again", code="lease_expired")


def _record(session: AsyncSession, submission: Submission, action: str, worker: WorkerCaller) -> None:
    record(
        session,
        submission.organization_id,
        action,
        actor=worker.worker_id,
        job_id=submission.job_id,
        subject_id=submission.id,
        request_id=worker.request_id,
        attempt=submission.attempt,
    )
