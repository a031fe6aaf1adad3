"""What a dispatcher remembers of the jobs that it scores for, and what it forgets."""

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from api import earlier_files
from api.db import Database
from api.earlier_files import EarlierFiles
from api.tables import Job
from pipeline.rubric import load_rubric
from tests.api.story import post_job, submit_scored

pytestmark = pytest.mark.anyio


@pytest.fixture
def earlier(services) -> EarlierFiles:
    return EarlierFiles(services.db, load_rubric(services.settings.rubric).duplicates)


@pytest.fixture
async def jobs(http, services, organization, worker) -> list[str]:
    """Three, with an approved file each."""
    made = [(await post_job(http, organization))["id"] for _ in range(3)]
    for seed, job_id in enumerate(made):
        await submit_scored(http, services, worker, job_id, 4, seed=seed)
    return made


async def _files_of(earlier: EarlierFiles, db: Database, job_id: str) -> int:
    async with db.read() as session:
        job = await session.get_one(Job, job_id)
    return len((await earlier.of(job)).files)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Jobs whose files are read from the database."""
    read: list[str] = []
    since = EarlierFiles._since

    async def watched(self: EarlierFiles, session: AsyncSession, job_id: str, approvals: int):
        read.append(job_id)
        return await since(self, session, job_id, approvals)

    monkeypatch.setattr(EarlierFiles, "_since", watched)
    return read


async def test_files_are_read_once(earlier, services, jobs, reads):
    for job_id in (*jobs, *jobs):
        assert await _files_of(earlier, services.db, job_id) == 1
    assert reads == jobs


async def test_what_was_not_asked_for_the_longest_goes_first(earlier, services, jobs, reads, monkeypatch):
    monkeypatch.setattr(earlier_files, "FILES_REMEMBERED", 2 * (earlier_files.JOB_COUNTS_AS + 1))
    first, second, third = jobs
    for job_id in (first, second, first, third, first, second):
        assert await _files_of(earlier, services.db, job_id) == 1
    assert reads == [first, second, third, second]


async def test_the_job_that_is_asked_for_is_kept_whatever_it_has(earlier, services, jobs, reads, monkeypatch):
    monkeypatch.setattr(earlier_files, "FILES_REMEMBERED", 0)
    for job_id in (jobs[0], jobs[0], jobs[1], jobs[0]):
        assert await _files_of(earlier, services.db, job_id) == 1
    assert reads == [jobs[0], jobs[1], jobs[0]]


async def test_a_job_that_has_ended_is_forgotten(http, organization, worker, services, earlier, reads, monkeypatch):
    ended: list[int] = []
    forget = EarlierFiles.forget

    def watched(self: EarlierFiles, job: Job) -> None:
        ended.append(job.files_approved)
        forget(self, job)

    monkeypatch.setattr(EarlierFiles, "forget", watched)
    job = await post_job(http, organization, quantity=2)
    for seed in range(2):
        await submit_scored(http, services, worker, job["id"], 4, seed=seed)
    assert ended == [2]

    reads.clear()
    async with services.db.read() as session:
        row = await session.get_one(Job, job["id"])
    for _ in range(2):
        await earlier.of(row)
    earlier.forget(row)
    await earlier.of(row)
    assert reads == [job["id"], job["id"]]


async def test_a_job_that_nobody_asked_for_in_a_while_is_forgotten(earlier, services, jobs, reads, monkeypatch):
    now = 1_000.0
    monkeypatch.setattr(earlier_files.time, "monotonic", lambda: now)
    for job_id in jobs[:2]:
        await _files_of(earlier, services.db, job_id)
    now += earlier_files.IDLE_SECONDS / 2
    await _files_of(earlier, services.db, jobs[1])
    now += earlier_files.IDLE_SECONDS / 2 + 1
    for job_id in (jobs[2], jobs[1], jobs[0]):
        assert await _files_of(earlier, services.db, job_id) == 1
    assert reads == [jobs[0], jobs[1], jobs[2], jobs[0]]
