"""Long polling: many requests wait for jobs to change, one task looks."""

import asyncio
from collections import defaultdict
from contextlib import suppress
from datetime import datetime

from sqlalchemy import select

from api.db import Database
from api.outage import DatabaseAway
from api.tables import Job

LOOK_SECONDS = 0.25
_MANY = 500


class JobWatch:
    """Wakes those who wait for a job. A waiting request holds neither a thread nor a database connection."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: dict[str, set[tuple[datetime, asyncio.Event]]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    async def changed(self, job_id: str, since: datetime, timeout_seconds: float) -> bool:
        """Wait until the job's `updated_at` is another than `since`; whether it is."""
        waiter = (since, asyncio.Event())
        self._waiting[job_id].add(waiter)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._look())
        try:
            await asyncio.wait_for(waiter[1].wait(), timeout_seconds)
        except TimeoutError:
            return False
        finally:
            self._leave(job_id, waiter)
        return True

    def _leave(self, job_id: str, waiter: tuple[datetime, asyncio.Event]) -> None:
        self._waiting[job_id].discard(waiter)
        if not self._waiting[job_id]:
            del self._waiting[job_id]

    async def _look(self) -> None:
        """Until nobody waits any more."""
        while self._waiting:
            ids = list(self._waiting)
            for start in range(0, len(ids), _MANY):
                with suppress(DatabaseAway):  # they look again, or their time is over
                    await self._wake(ids[start : start + _MANY])
            await asyncio.sleep(LOOK_SECONDS)

    async def _wake(self, ids: list[str]) -> None:
        async with self._db.read() as session:
            rows = await session.execute(select(Job.id, Job.updated_at).where(Job.id.in_(ids)))
        for job_id, updated_at in rows:
            for since, event in self._waiting.get(job_id, ()):
                if updated_at != since:
                    event.set()
