"""What a new file of a job could be a copy of: the files that were approved before it."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.db import Database
from api.tables import File, Job
from pipeline.duplicates import DuplicateRubric, Fingerprint, find_duplicate, from_json
from pipeline.result import EarlierFile

FILES_REMEMBERED = 50_000
"""Of all jobs together, 300 MB; the job that is asked for is kept whatever it has, which is 10,000 at most."""
IDLE_SECONDS = 600.0
"""A job that nobody asked for so long is forgotten; to read one file back takes 0.03 ms (SQLite)."""
JOB_COUNTS_AS = 100
"""Files, beside its own: so there are 500 jobs at most."""
SENT_TO_ENGINE = 100
"""The newest ones, 6 kB each: the engine need not read and listen to their copies. Copies of older ones are found
afterwards, here."""
FEW = 8
"""Files that a picture is compared with in 0.6 ms, or in 9 if it looks like each of them."""


@dataclass(slots=True)
class _Known:
    """Approved files of one job, up to a number of approvals."""

    reversals: int
    approvals: int = 0
    files: list[EarlierFile] = field(default_factory=list)
    asked_at: float = 0.0
    """By `time.monotonic`."""

    def add(self, number: int, file: EarlierFile) -> None:
        """The next one; what is known already is left out."""
        if number > self.approvals:
            self.files.append(file)
            self.approvals = number

    @property
    def weight(self) -> int:
        """In files."""
        return JOB_COUNTS_AS + len(self.files)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The approved files of a job at one moment."""

    files: tuple[EarlierFile, ...]
    approvals: int
    reversals: int

    @property
    def newest(self) -> tuple[EarlierFile, ...]:
        """Those that go with a request to the engine."""
        return self.files[-SENT_TO_ENGINE:]

    @property
    def older(self) -> tuple[EarlierFile, ...]:
        """The others."""
        return self.files[:-SENT_TO_ENGINE]


class EarlierFiles:
    """Keeps the fingerprints of the jobs that are being scored, and reads only what was approved since."""

    def __init__(self, db: Database, rubric: DuplicateRubric) -> None:
        self._db = db
        self._rubric = rubric
        self._jobs: OrderedDict[str, _Known] = OrderedDict()

    async def of(self, job: Job) -> Snapshot:
        """All approved files of the job, at least those that it had when it was read."""
        known = self._jobs.get(job.id)
        if known is None or known.reversals != job.reversals:
            known = self._jobs[job.id] = _Known(job.reversals)
        self._jobs.move_to_end(job.id)
        known.asked_at = time.monotonic()
        if known.approvals < job.approvals:
            async with self._db.read() as session:
                for number, file in await self._since(session, job.id, known.approvals):
                    known.add(number, file)
        self._forget_oldest()
        return Snapshot(tuple(known.files), known.approvals, known.reversals)

    def approved(self, job: Job, number: int, file: EarlierFile) -> None:
        """Remember what was approved here, which spares reading it back. Call it once that is committed.

        Args:
            job: as it was locked.
            number: of the approval.
            file: that was approved.
        """
        known = self._jobs.get(job.id)
        if known is not None and known.reversals == job.reversals and number == known.approvals + 1:
            known.add(number, file)

    def compare_by(self, rubric: DuplicateRubric) -> None:
        """From the next comparison on; what is remembered of the files holds for every rubric."""
        self._rubric = rubric

    def forget(self, job: Job) -> None:
        """A job that has ended: nothing more comes that could be a copy."""
        self._jobs.pop(job.id, None)

    async def approved_since(self, session: AsyncSession, job: Job, snapshot: Snapshot) -> list[EarlierFile]:
        """What was approved after the snapshot; exact while the job is locked."""
        if job.approvals == snapshot.approvals:
            return []
        known = self._jobs.get(job.id)
        same = known is not None and snapshot.reversals == known.reversals == job.reversals
        if known is not None and same and known.approvals == job.approvals:
            return known.files[len(snapshot.files) :]
        return [file for _, file in await self._since(session, job.id, snapshot.approvals)]

    async def find(self, new: Fingerprint, files: tuple[EarlierFile, ...] | list[EarlierFile]) -> EarlierFile | None:
        """The file among these that the new one copies."""
        if not files:
            return None
        earlier = [file.fingerprint for file in files]
        if len(files) <= FEW and len(new.pictures) == 1:  # not worth a change of thread
            match = find_duplicate(new, earlier, self._rubric)
        else:
            match = await asyncio.to_thread(find_duplicate, new, earlier, self._rubric)
        return files[match.index] if match else None

    def _forget_oldest(self) -> None:
        """Jobs that nobody asked for since the others: for long, or beyond what is remembered."""
        excess = sum(known.weight for known in self._jobs.values()) - FILES_REMEMBERED
        idle_since = time.monotonic() - IDLE_SECONDS
        while len(self._jobs) > 1:
            job_id, oldest = next(iter(self._jobs.items()))
            if excess <= 0 and oldest.asked_at >= idle_since:
                return
            del self._jobs[job_id]
            excess -= oldest.weight

    async def _since(self, session: AsyncSession, job_id: str, approvals: int) -> list[tuple[int, EarlierFile]]:
        query = (
            select(File.approval, File.id, File.fingerprint)
            .where(File.job_id == job_id, File.approval > approvals, File.fingerprint.is_not(None))
            .order_by(File.approval)
        )
        rows = await session.execute(query)
        return [
            (number, EarlierFile(file_id, from_json(kept)))
            for number, file_id, kept in rows
            if number is not None and kept is not None
        ]
