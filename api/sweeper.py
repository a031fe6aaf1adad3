"""What happens because time passes: leases and deadlines run out, announced files arrive, old and half things go."""

import asyncio
import logging
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.clock import now
from api.errors import PayloadTooLarge
from api.events import record
from api.idempotency import KEPT
from api.jobs.lifecycle import end_job
from api.jobs.queries import lock_job
from api.operations.checks import check_store
from api.organizations.settings import settings_of
from api.outage import DatabaseAway
from api.services import Services
from api.storage import StoreError
from api.submissions import parted
from api.submissions.keys import original_key
from api.submissions.late_uploads import remove_late
from api.submissions.queries import lock_submission
from api.submissions.service import is_uploaded, queue
from api.submissions.slots import free_slot
from api.tables import ENDED_UNSCORED, File, IdempotencyKey, Job, Organization, Submission

log = logging.getLogger("assay.sweeper")

AT_ONCE = 200
SOONEST_ARRIVAL = timedelta(seconds=1)
LATEST_ARRIVAL = timedelta(seconds=30)


class Sweeper:
    """Looks every few seconds. Several may run: each thing is done under the lock of its row."""

    def __init__(self, use: Services) -> None:
        self._use = use

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop."""
        while not stop.is_set():
            try:
                await self.sweep()
            except DatabaseAway as error:
                log.warning("sweep cut short", extra={"error": str(error)})
            await _wait(stop, self._use.settings.dispatcher.sweep_seconds)

    async def watch_arrivals(self, stop: asyncio.Event) -> None:
        """The same for announced files, which are looked for more often."""
        while not stop.is_set():
            try:
                await self.arrivals()
            except (DatabaseAway, StoreError) as error:
                log.warning("arrivals cut short", extra={"error": str(error)})
            await _wait(stop, SOONEST_ARRIVAL.total_seconds())

    async def sweep(self) -> None:
        """Everything once. What the store refuses in one step keeps none from the next."""
        for step in (self.deadlines, self.leases, self.parts, self.originals, self.idempotency_keys):
            try:
                await step()
            except StoreError as error:
                log.warning("sweep cut short", extra={"step": step.__name__, "error": str(error)})

    async def deadlines(self) -> None:
        """End the jobs whose deadline has passed."""
        due = select(Job.id).where(Job.status == "active", Job.deadline <= now()).limit(AT_ONCE)
        for job_id in await self._ids(due):
            async with self._use.db.write() as session:
                job = await lock_job(session, job_id)
                if job.status == "active":
                    await end_job(session, job, "timed_out", actor="system")

    async def leases(self) -> None:
        """Take slots back whose file did not come in time."""
        chosen = select(Submission.id, Submission.job_id, Submission.worker_id)
        due = chosen.where(Submission.lease_expires_at <= now()).limit(AT_ONCE)
        async with self._use.db.read() as session:
            expired = (await session.execute(due)).all()
        for submission_id, job_id, worker_id in expired:
            if worker_id is None:  # it may have come since the last look
                await self._look_for(submission_id)
            async with self._use.db.write() as session:
                await self._expire(session, job_id, submission_id)

    async def arrivals(self) -> None:
        """Queue the announced files of clients that have been uploaded since, and remove what comes too late."""
        due = select(Submission.id).where(Submission.arrival_check_at <= now())
        for submission_id in await self._ids(due.where(Submission.status != "expired").limit(AT_ONCE)):
            await self._look_for(submission_id)
        for submission_id in await self._ids(due.where(Submission.status == "expired").limit(AT_ONCE)):
            await remove_late(self._use, submission_id)

    async def parts(self) -> None:
        """Drop what was sent in parts of files that came whole, or that nobody waits for any more."""
        over = select(Submission.id).where(Submission.upload_id.is_not(None), Submission.status != "awaiting_upload")
        for submission_id in await self._ids(over.limit(AT_ONCE)):
            async with self._use.db.write() as session:
                submission = await lock_submission(session, submission_id)
                if submission.status != "awaiting_upload":
                    await parted.drop(self._use, submission)

    async def originals(self) -> None:
        """Delete what was uploaded once its organization's retention time is over; what was delivered stays."""
        async with self._use.db.read() as session:
            organizations = (await session.scalars(select(Organization))).all()
        for organization in organizations:
            kept_since = now() - timedelta(days=settings_of(organization).retention_days)
            try:
                await self._delete_originals(organization.id, kept_since)
                await self._delete_unscored(organization.id, kept_since)
            except StoreError as error:  # of an object the others' are no less due; of a store that is away they are
                if await check_store(self._use) != "ok":
                    raise
                told = {"organization_id": organization.id, "error": str(error)}
                log.warning("originals could not be removed", extra=told)

    async def idempotency_keys(self) -> None:
        """Forget answers that are older than a day."""
        is_old = IdempotencyKey.created_at < now() - KEPT
        if await self._use.db.finds(select(IdempotencyKey.key).where(is_old).limit(1)):
            async with self._use.db.write() as session:
                await session.execute(delete(IdempotencyKey).where(is_old))

    async def _delete_originals(self, organization_id: str, kept_since: datetime) -> None:
        old = (
            select(File)
            .where(
                File.organization_id == organization_id,
                File.original_deleted_at.is_(None),
                File.created_at < kept_since,
            )
            .limit(AT_ONCE)
        )
        async with self._use.db.read() as session:
            files = (await session.scalars(old)).all()
        for file in files:
            await self._use.store.delete(file.original_key)
        if files:
            async with self._use.db.write() as session:
                gone = update(File).where(File.id.in_([file.id for file in files]))
                await session.execute(gone.values(original_deleted_at=now()))

    async def _delete_unscored(self, organization_id: str, kept_since: datetime) -> None:
        """Of submissions that ended without a file. What an earlier attempt uploaded was scored, so it is a file's."""
        old = select(Submission).where(
            Submission.organization_id == organization_id, Submission.updated_at < kept_since, ENDED_UNSCORED
        )
        async with self._use.db.read() as session:
            submissions = (await session.scalars(old.limit(AT_ONCE))).all()
        for submission in submissions:
            await self._use.store.delete(original_key(submission))
        if submissions:
            async with self._use.db.write() as session:
                gone = update(Submission).where(Submission.id.in_([submission.id for submission in submissions]))
                await session.execute(gone.values(original_deleted_at=now(), updated_at=Submission.updated_at))

    async def _expire(self, session: AsyncSession, job_id: str, submission_id: str) -> None:
        job = await lock_job(session, job_id)
        submission = await lock_submission(session, submission_id)
        if submission.lease_expires_at is None or submission.lease_expires_at > now():
            return
        before, submission.status = submission.status, "expired"
        submission.lease_expires_at = None
        submission.arrival_check_at = now() if before == "awaiting_upload" else None
        free_slot(job)
        if before == "retry_pending" and submission.file_id is not None:
            await session.execute(update(File).where(File.id == submission.file_id).values(status="rejected"))
        record(
            session,
            submission.organization_id,
            "submission.expired",
            actor="system",
            job_id=job_id,
            subject_id=submission_id,
        )

    async def _look_for(self, submission_id: str) -> None:
        """Ask the store before the transaction: nobody else is to wait for its answer."""
        async with self._use.db.read() as session:
            looked_at = await session.get_one(Submission, submission_id)
        arrived = False
        if _is_announced(looked_at):
            try:
                arrived = await is_uploaded(self._use, looked_at)
            except PayloadTooLarge as error:
                log.info("arrival refused", extra={"submission_id": submission_id, "error": error.message})
        async with self._use.db.write() as session:
            submission = await lock_submission(session, submission_id)
            if not _is_announced(submission):
                return
            if arrived:
                queue(submission)
                return
            waited = now() - submission.created_at
            submission.arrival_check_at = now() + min(max(waited / 4, SOONEST_ARRIVAL), LATEST_ARRIVAL)

    async def _ids(self, query: object) -> list[str]:
        async with self._use.db.read() as session:
            return list(await session.scalars(query))  # type: ignore[call-overload]


def _is_announced(submission: Submission) -> bool:
    return submission.arrival_check_at is not None and submission.status == "awaiting_upload"


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
