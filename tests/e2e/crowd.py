"""Two hundred files sent by a client that repeats what failed, and what has to hold once they are decided."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from sqlalchemy import func, select

from api.credits.check import check
from api.db import Database
from api.outage import DatabaseAway
from api.tables import Event, Submission, WebhookDelivery
from tests.api.scripted import picture
from tests.api.story import JOB

FILES = {"approved": 150, "rejected": 50}
TOTAL = sum(FILES.values())
SENDERS = 8
WAIT_SECONDS = 240
"""Leases may run out one after the other; the longest is that of a delivery, 60 s where a test does not shorten it."""
PAUSE_SECONDS = 0.05
_STARS = {"approved": 5, "rejected": 1}
"""What the scripted engine gives; the minima below make real models, to whom noise is noise, decide the same."""
_MIN_STAR_RATING = {"approved": 1, "rejected": 5}


@dataclass
class Crowd:
    """Sends the files, each under an idempotency key, and keeps every answer that was not a success."""

    url: str
    headers: Mapping[str, str]
    refused: list[httpx.Response] = field(default_factory=list)
    rest: asyncio.Event = field(default_factory=asyncio.Event)
    """The second half is sent once it is set."""
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when some of the second half was taken."""

    async def send_all(self) -> None:
        """One job that is filled to its end, and one that gets files of one star."""
        async with httpx.AsyncClient(base_url=self.url, headers=self.headers, timeout=60) as http:
            jobs = {status: await self._post_job(http, status) for status in FILES}
            waiting = [(status, jobs[status], number) for status, count in FILES.items() for number in range(count)]
            waiting.sort(key=lambda one: one[2] * 7 % 50)  # both jobs at once
            files = iter(enumerate(waiting))
            await asyncio.gather(*(self._send(http, files) for _ in range(SENDERS)))

    async def add_receiver(self, url: str) -> None:
        """Of every event."""
        async with httpx.AsyncClient(base_url=self.url, headers=self.headers) as http:
            answer = await http.post("/v1/webhook_endpoints", json={"url": url})
            assert answer.status_code == 201, answer.text

    async def _post_job(self, http: httpx.AsyncClient, status: str) -> str:
        spare = 0 if status == "approved" else 1
        answer = await http.post("/v1/jobs", json=_job(status, FILES[status] + spare))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    async def _send(self, http: httpx.AsyncClient, files: Any) -> None:
        for index, (status, job_id, number) in files:
            if index >= TOTAL // 2:
                await self.rest.wait()
            content = picture(_STARS[status], seed=1000 * _STARS[status] + number)
            await self._until_taken(http, job_id, content, f"{status}-{number}")
            if index >= TOTAL // 2 + SENDERS:
                self.begun.set()

    async def _until_taken(self, http: httpx.AsyncClient, job_id: str, content: bytes, key: str) -> None:
        while True:
            try:
                answer = await http.post(
                    f"/v1/jobs/{job_id}/submissions",
                    files={"file": ("file.png", content, "image/png")},
                    headers={"Idempotency-Key": key},
                )
            except httpx.TransportError:  # nobody listens, or whoever did was killed
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            if answer.status_code == 201:
                return
            self.refused.append(answer)
            await asyncio.sleep(PAUSE_SECONDS)


def _job(status: str, quantity: int) -> dict[str, Any]:
    return JOB | {"quantity": quantity, "min_star_rating": _MIN_STAR_RATING[status]}


async def decided(db: Database) -> int:
    """How many of the files have their decision."""
    async with db.read() as session:
        count = select(func.count()).where(Submission.status.in_(tuple(FILES)))
        return await session.scalar(count) or 0


async def until_decided(db: Database, count: int) -> None:
    """Until so many of the files are decided."""
    async with asyncio.timeout(WAIT_SECONDS):
        while await decided(db) < count:
            await asyncio.sleep(PAUSE_SECONDS)


async def until_quiet(db: Database) -> None:
    """Until all files are decided and every event was delivered."""
    async with asyncio.timeout(WAIT_SECONDS):
        while await _left(db):
            await asyncio.sleep(0.2)


async def _left(db: Database) -> int:
    unplanned = select(func.count()).where(Event.planned_at.is_(None))
    undelivered = select(func.count()).where(WebhookDelivery.status != "succeeded")
    try:
        async with db.read() as session:
            waiting = [await session.scalar(query) or 0 for query in (unplanned, undelivered)]
        return TOTAL - await decided(db) + sum(waiting)
    except DatabaseAway:
        return TOTAL


async def assert_exactly_once(db: Database, received: list[str]) -> None:
    """Every file is decided as it says, the ledger is right, and each transition has one event, which came.

    Args:
        db: of the server.
        received: ids of the events that the receiver got; some may have come twice.
    """
    async with db.read() as session:
        statuses = Counter((await session.scalars(select(Submission.status))).all())
        events = (await session.scalars(select(Event))).all()
    assert statuses == FILES
    assert await check(db) == []
    assert Counter((event.type, event.data["id"]) for event in events) == await _expected(db)
    assert set(received) == {event.id for event in events}


async def _expected(db: Database) -> Counter[tuple[str, str]]:
    async with db.read() as session:
        submissions = (await session.execute(select(Submission.id, Submission.status, Submission.job_id))).all()
    scored = [("submission.scored", row.id) for row in submissions]
    ended = [(f"submission.{row.status}", row.id) for row in submissions]
    (full,) = {row.job_id for row in submissions if row.status == "approved"}
    return Counter([*scored, *ended, ("job.completed", full)])
