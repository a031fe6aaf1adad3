"""The sandbox: jobs of test mode get submissions that nobody captured. They are really scored; no credits move."""

import asyncio
import logging

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.errors import Conflict
from api.ids import new_id
from api.jobs.queries import lock_job
from api.outage import DatabaseAway
from api.sandbox_media import sample_file
from api.services import Services
from api.storage import StoreError
from api.submissions.keys import UPLOAD_TYPE, original_key_of
from api.submissions.service import queue
from api.submissions.slots import take_slot
from api.tables import Job, Submission

log = logging.getLogger("assay.sandbox")

LOOK_SECONDS = 1.0
MAX_SUBMISSIONS = 50
"""Of one job: a sandbox shows how it works, and does not score all day."""
TRIES_PER_FILE = 2
JOBS_AT_ONCE = 20
WORKER_REF = "sandbox"


class Sandbox:
    """Gives every active test job one submission at a time, until it is full or had enough of them."""

    def __init__(self, use: Services) -> None:
        self._use = use

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop."""
        while not stop.is_set():
            try:
                await self.step()
            except (DatabaseAway, StoreError) as error:
                log.warning("sandbox paused", extra={"error": str(error)})
            try:
                await asyncio.wait_for(stop.wait(), LOOK_SECONDS)
            except TimeoutError:
                continue

    async def step(self) -> int:
        """One round over the waiting test jobs; how many submissions were made."""
        made = select(func.count()).where(Submission.job_id == Job.id).scalar_subquery()
        waiting = (
            select(Job, made)
            .where(Job.livemode.is_(False), Job.status == "active", Job.files_pending == 0)
            # Here, since those that had enough stay active, and would take the places of all others.
            .where(made < MAX_SUBMISSIONS, made <= TRIES_PER_FILE * Job.quantity)
            .order_by(Job.updated_at)
            .limit(JOBS_AT_ONCE)
        )
        async with self._use.db.read() as session:
            jobs = (await session.execute(waiting)).all()
        return sum([await self._submit(job, number) for job, number in jobs])

    async def _submit(self, job: Job, number: int) -> bool:
        format = job.file_formats[number % len(job.file_formats)]
        content = await asyncio.to_thread(sample_file, format, job.description, number)
        submission_id = new_id("sub")
        key = original_key_of(job.organization_id, job.id, submission_id, 1)
        await self._use.store.put_bytes(key, content, UPLOAD_TYPE)
        try:
            async with self._use.db.write() as session:
                locked = await lock_job(session, job.id)
                if await _count(session, locked) != number:
                    raise Conflict("another process was faster")
                submission = take_slot(session, locked, self._use.settings.collection)
                submission.id, submission.worker_ref = submission_id, WORKER_REF
                submission.filename, submission.declared_size_bytes = f"sample-{number + 1}.{format}", len(content)
                queue(submission)
        except Conflict:
            await self._use.store.delete(key)
            return False
        return True


async def _count(session: AsyncSession, job: Job) -> int:
    return await session.scalar(select(func.count()).where(Submission.job_id == job.id)) or 0
