"""What workers do: accept a job, submit a file, try again."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Row, Select, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import WorkerCaller
from api.clock import after, now
from api.errors import ApiError, AuthorizationFailed, Conflict, NotFound
from api.events import record
from api.jobs.slots import lock_slots
from api.rows import Written, change_rows
from api.services import Services
from api.storage import StoreError
from api.submissions import parted
from api.submissions.keys import SubmissionRow
from api.submissions.queries import found, lock_submission, lock_workers_rows, workers_rows
from api.submissions.schemas import PartedUpload, Submit
from api.submissions.service import is_uploaded, queued
from api.submissions.slots import lease_slots
from api.tables import File, Job, Submission

Answer = TypeVar("Answer")


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


async def accept(session: AsyncSession, use: Services, worker: WorkerCaller, job_id: str) -> list[Written]:
    """Lease slots of a job.

    Raises:
        AuthorizationFailed: the worker is banned.
        NotFound: there is no such job for it.
        Conflict: no slot is open, or not for this worker.
    """
    require_active(worker)
    (outcome,) = await accept_all(session, use, [worker], job_id)
    return answer_of(outcome)


async def accept_all(
    session: AsyncSession, use: Services, workers: Sequence[WorkerCaller], job_id: str
) -> list[list[Written] | Conflict]:
    """The same for several workers of one organization, in their order.

    Returns:
        For each its leases, or the `Conflict`.

    Raises:
        NotFound: there is no such job for them.
    """
    job = await lock_slots(session, job_id, workers[0].organization_id)
    outcomes = await lease_slots(session, job, [worker.worker_id for worker in workers], use.settings.collection)
    for worker, leases in zip(workers, outcomes, strict=True):
        for lease in leases if isinstance(leases, list) else ():
            _record(session, lease, "submission.accepted", worker)
    return outcomes


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
        Conflict: its time has run out.
    """
    async with use.db.read() as session:
        submission = await find_own(session, worker, submission_id)
    if submission.status != "awaiting_upload" or submission.upload_id is None:
        return False
    if await parted.is_complete(use, submission):
        await _keep_slot(use, worker, submission_id)
        await parted.join(use, submission)
    return True


async def _keep_slot(use: Services, worker: WorkerCaller, submission_id: str) -> None:
    """For as long as it takes to make a file that was handed in, in time, of its parts."""
    async with use.db.write() as session:
        submission = await lock_submission(session, submission_id, worker.worker_id)
        _require_waiting(submission)
        submission.lease_expires_at = max(submission.lease_expires_at or now(), after(JOIN_SECONDS))


JOIN_SECONDS = 600.0
"""In which the parts of the largest file are joined."""
HANDED_IN = ("pending_score", "approved", "rejected", "needs_review")
"""Statuses in which a submission has its file already."""


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A worker says that a file is uploaded."""

    worker: WorkerCaller
    submission_id: str
    told: Submit


Arrivals = dict[tuple[str, int], bool | BaseException]
"""Whether a file is at its place, or what is against it, by submission and attempt."""


async def look_for_files(use: Services, handed_in: Sequence[HandedIn]) -> Arrivals:
    """Ask the store for files, before the transaction that queues them.

    A transaction that waited for a store would keep its connection and its locks meanwhile, and on SQLite all writers.
    """
    ids, workers = [each.submission_id for each in handed_in], [each.worker.worker_id for each in handed_in]
    async with use.db.rows() as connection:
        rows = await workers_rows(connection, ids, workers)
    waiting = [row for row in rows if row.status == "awaiting_upload"]
    arrived = await asyncio.gather(*(is_uploaded(use, row) for row in waiting), return_exceptions=True)
    return {(row.id, row.attempt): found for row, found in zip(waiting, arrived, strict=True)}


async def submit(session: AsyncSession, handed_in: HandedIn, arrivals: Arrivals) -> Written:
    """Queue an uploaded file for scoring. A second call for the same upload changes nothing.

    Args:
        arrivals: from `look_for_files`.

    Raises:
        AuthorizationFailed: the worker is banned.
        NotFound: it has no such submission.
        UploadMissing: the file is not there.
        PayloadTooLarge: it is too large.
        Conflict: the slot was taken back.
        StoreError: the store does not answer.
    """
    require_active(handed_in.worker)
    (outcome,) = await submit_all(session, [handed_in], arrivals)
    return answer_of(outcome)


async def submit_all(
    session: AsyncSession, handed_in: Sequence[HandedIn], arrivals: Arrivals
) -> list[Written | Exception]:
    """The same for several; an error of one undoes nothing of the others.

    Returns:
        For each its submission, or an error of those that `submit` raises.
    """
    workers = {each.worker.worker_id for each in handed_in}
    rows = await lock_workers_rows(session, {each.submission_id for each in handed_in}, workers)
    outcomes: list[Written | Exception] = []
    changes: dict[str, dict[str, Any]] = {}
    for each in handed_in:
        row = rows.get(each.submission_id)
        try:
            row = found(row if row and row.worker_id == each.worker.worker_id else None, each.submission_id)
            if row.id not in changes and row.status not in HANDED_IN:
                _require_arrived(row, arrivals.get((row.id, row.attempt), False))
                changes[row.id] = _told(row, each.told) | queued()
                _record(session, row, "submission.submitted", each.worker)
        except (ApiError, StoreError) as error:
            outcomes.append(error)
        else:
            outcomes.append(Written(Submission, row._asdict() | changes.get(row.id, {})))
    if changes:
        await change_rows(session, Submission, changes)
    return outcomes


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
    await session.execute(
        update(File)
        .where(File.id == submission.file_id)
        .values(status="rejected", updated_at=now())
        .execution_options(synchronize_session=False)
    )
    _record(session, submission, "submission.retried", worker)
    return submission


def answer_of(outcome: Answer | Exception) -> Answer:
    """The answer, or its error raised."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def require_active(worker: WorkerCaller) -> None:
    """Raises:
    AuthorizationFailed: the worker is banned.
    """
    if worker.banned:
        raise AuthorizationFailed("you are banned from this organization's jobs", code="worker_banned")


def _require_arrived(row: Row[Any], arrived: bool | BaseException) -> None:
    if row.status != "awaiting_upload":
        raise Conflict(f"this submission is {row.status}", code=f"submission_{row.status}")
    if isinstance(arrived, BaseException):
        raise arrived
    if not arrived:
        raise UploadMissing("no file was uploaded yet; PUT it to the upload URL first", code="upload_missing")


def _told(row: Row[Any], told: Submit) -> dict[str, Any]:
    """What the worker says of a file."""
    return {
        "filename": told.filename or row.filename,
        "declared_sha256": told.sha256.lower() if told.sha256 else None,
        "captured_at": told.captured_at,
        "updated_at": now(),
    }


def _require_waiting(submission: Submission) -> None:
    """Raises:
    Conflict: it is decided or scored, or its time has run out.
    """
    if submission.status != "awaiting_upload":
        raise Conflict(f"this submission is {submission.status}", code=f"submission_{submission.status}")
    if submission.lease_expires_at is not None and submission.lease_expires_at <= now():
        raise Conflict("the time for this upload has run out; accept the job again", code="lease_expired")


def _record(session: AsyncSession, submission: SubmissionRow, action: str, worker: WorkerCaller) -> None:
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
