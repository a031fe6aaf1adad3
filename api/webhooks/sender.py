"""From events to receivers: plan, claim, sign, post, record.

Sending is at least once: a claim whose sender died runs out, and the delivery is claimed again. Several senders may
run; each delivery belongs to one of them at a time.
"""

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Any

from cryptography.fernet import InvalidToken

from api.clock import now
from api.metrics import WEBHOOK_ATTEMPTS
from api.outage import DatabaseAway
from api.secrets import Cipher
from api.services import Services
from api.tables import WebhookEndpoint
from api.webhooks.deliveries import (
    ANY_DUE,
    ANY_UNPLANNED,
    PLANNED_AT_ONCE,
    Claim,
    claim_due,
    plan_events,
    record_attempt,
)
from api.webhooks.places import places_of
from api.webhooks.poster import Outcome, Poster
from api.webhooks.schemas import EventEnvelope
from api.webhooks.signing import signature_headers

log = logging.getLogger("assay.webhooks")

USER_AGENT = "Assay-Webhooks/1"
POLL_SECONDS = 1.0
DATABASE_PAUSE_SECONDS = 1.0
LEASE_SLACK_SECONDS = 45.0
"""On top of an attempt's longest time: for the database to record it."""
ENDPOINT_SHARE = 4
"""An endpoint gets a quarter of the places, so that one that hangs holds up only its own deliveries."""
RESERVED_SHARE = 4
"""A quarter of the places stays for other organizations, so that one whose endpoints hang holds up its own alone."""


class WebhookSender:
    """Keeps a bounded number of deliveries under way."""

    def __init__(
        self, use: Services, poster: Poster | None = None, chance: Callable[[], float] = random.random
    ) -> None:
        """
        Args:
            use: database, cipher and settings.
            poster: makes the connections; one of the settings when absent.
            chance: random numbers in [0, 1), of the jitter.
        """
        self._use = use
        self._settings = use.settings.webhooks
        self._poster = poster or Poster(self._settings)
        self._chance = chance
        self._tasks: dict[asyncio.Task[None], Claim] = {}
        self._per_endpoint = max(1, self._settings.concurrency // ENDPOINT_SHARE)
        self._per_organization = max(1, self._settings.concurrency - self._settings.concurrency // RESERVED_SHARE)
        self._lease_seconds = self._settings.total_timeout_seconds + LEASE_SLACK_SECONDS

    async def run(self, stop: asyncio.Event) -> None:
        """Until told to stop; then what is under way is finished, for no longer than an attempt may take."""
        try:
            while not stop.is_set():
                await self._pause(stop, idle=not await self._step())
            if self._tasks:
                await asyncio.wait(self._tasks, timeout=self._lease_seconds)
        finally:
            await self.close()

    async def plan(self) -> int:
        """Make the deliveries of new events, one batch of them; how many events those were."""
        if not await self._use.db.finds(ANY_UNPLANNED):
            return 0
        async with self._use.db.write() as session:
            return await plan_events(session)

    async def send_due(self) -> int:
        """Send everything that is due, and return when it is recorded; how many attempts that took."""
        count = 0
        while True:
            # A task that ends during the look frees its endpoint's places too late for it.
            was_idle = not self._tasks
            started = await self._fill()
            count += started
            if was_idle and not started:
                return count
            if self._tasks:
                await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def close(self) -> None:
        """Drop what is under way, as a crash would; its claims run out."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._poster.close()

    async def _step(self) -> bool:
        """Plan and claim once; whether there may be more to do at once."""
        try:
            planned = await self.plan()
            return bool(await self._fill()) or planned == PLANNED_AT_ONCE
        except DatabaseAway as error:
            log.warning("database does not answer", extra={"error": str(error)})
            await asyncio.sleep(DATABASE_PAUSE_SECONDS)
            return False

    async def _fill(self) -> int:
        """Claim as many as there is room for, and begin to send them; how many."""
        free = self._settings.concurrency - len(self._tasks)
        if free <= 0 or not await self._use.db.finds(ANY_DUE, moment=now()):
            return 0
        under_way = [(claim.endpoint.id, claim.endpoint.organization_id) for claim in self._tasks.values()]
        shares = {"per_endpoint": self._per_endpoint, "per_organization": self._per_organization}
        async with self._use.db.write() as session:
            claims = await claim_due(session, places_of(free, under_way, **shares), self._lease_seconds)
        for claim in claims:
            task = asyncio.create_task(self._deliver(claim))
            self._tasks[task] = claim
            task.add_done_callback(self._done)
        return len(claims)

    def _done(self, task: asyncio.Task[None]) -> None:
        claim = self._tasks.pop(task)
        if not task.cancelled() and task.exception() is not None:
            # Its claim runs out, and it is sent again.
            log.error("fault", exc_info=task.exception(), extra=_told(claim))

    async def _pause(self, stop: asyncio.Event, *, idle: bool) -> None:
        """Until something may have changed: a stop, a place that became free, or the time to look again."""
        if not idle and len(self._tasks) < self._settings.concurrency:
            return
        stopping = asyncio.create_task(stop.wait())
        waiting: set[asyncio.Task[Any]] = {stopping, *self._tasks}
        await asyncio.wait(waiting, timeout=POLL_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()

    async def _deliver(self, claim: Claim) -> None:
        """One attempt, and its record in a transaction of its own."""
        outcome = await self._attempt(claim)
        WEBHOOK_ATTEMPTS.labels("succeeded" if outcome.succeeded else "failed").inc()
        log.info(
            "webhook attempt",
            extra=_told(claim) | {"status": outcome.status, "error": outcome.error, "duration_ms": outcome.duration_ms},
        )
        await self._record(claim, outcome)

    async def _record(self, claim: Claim, outcome: Outcome) -> None:
        """As soon as the database answers. When that takes longer than the lease, the claim is another's, and void."""
        while True:
            try:
                async with self._use.db.write() as session:
                    await record_attempt(session, claim, outcome, self._settings, self._chance())
                return
            except DatabaseAway as error:
                log.warning("attempt not recorded yet", extra=_told(claim) | {"error": str(error)})
                await asyncio.sleep(DATABASE_PAUSE_SECONDS)

    async def _attempt(self, claim: Claim) -> Outcome:
        body = EventEnvelope.of(claim.event).model_dump_json().encode()
        try:
            keys = _signing_keys(claim.endpoint, self._use.cipher)
        except InvalidToken:
            return Outcome(None, "the secret was sealed under another key of this server: rotate it", 0.0, 0)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            **signature_headers(keys, claim.event.id, int(time.time()), body),
        }
        return await self._poster.post(claim.endpoint.url, headers, body)


def _signing_keys(endpoint: WebhookEndpoint, cipher: Cipher) -> list[str]:
    """The secrets that sign now, the newest first."""
    sealed = [endpoint.sealed_secret]
    if endpoint.sealed_old_secret and endpoint.old_secret_expires_at and endpoint.old_secret_expires_at > now():
        sealed.append(endpoint.sealed_old_secret)
    return [cipher.open(text) for text in sealed]


def _told(claim: Claim) -> dict[str, Any]:
    return {"event_id": claim.event.id, "endpoint_id": claim.endpoint.id}
