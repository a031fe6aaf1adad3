"""The deliveries table as the queue: planned from events, claimed with a lease, ended by what came of an attempt.

Locks are taken in one order everywhere: event, endpoint, delivery.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, Select, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from api.clock import after, iso, now
from api.events import record
from api.ids import new_id
from api.rows import append, connection_of
from api.tables import Event, WebhookDelivery, WebhookEndpoint
from api.webhooks.places import Due, Places
from api.webhooks.poster import Outcome
from api.webhooks.queries import receivers
from api.webhooks.retries import pause_seconds
from configs.settings import WebhookSettings

PLANNED_AT_ONCE = 200
LOOKED_AT_PER_PLACE = 10
"""Due deliveries looked at for each that can be claimed, so that a slow endpoint's many do not hide the others'."""
LOG_KEPT = 50
"""Attempts in a delivery's log; seven make one run of the schedule."""
GONE = 410

# Built once, as in `api.submissions.queries`. What the events tell stays in the database: it is long.
_EVENTS, _DELIVERIES = Event.__table__.c, WebhookDelivery.__table__.c
_UNPLANNED: Select[Any] = (
    select(_EVENTS.id, _EVENTS.organization_id, _EVENTS.livemode, _EVENTS.type, _EVENTS.created_at)
    .where(_EVENTS.planned_at.is_(None))
    .order_by(_EVENTS.id)
    .limit(PLANNED_AT_ONCE)
    .with_for_update(skip_locked=True)
)
_PLAN = (
    update(Event.__table__)  # type: ignore[arg-type]
    .where(_EVENTS.id.in_(bindparam("ids", expanding=True)))
    .values(planned_at=bindparam("moment"))
)
_DISABLED = select(WebhookEndpoint.id).where(WebhookEndpoint.status == "disabled")
_DUE_TO_DISABLED = (
    select(_DELIVERIES.id)
    .where(_DELIVERIES.next_attempt_at <= bindparam("moment"), _DELIVERIES.endpoint_id.in_(_DISABLED))
    .with_for_update(skip_locked=True)
)
_GIVE_UP_DISABLED = (
    update(WebhookDelivery.__table__)  # type: ignore[arg-type]
    .where(_DELIVERIES.id.in_(_DUE_TO_DISABLED))
    .values(status="failed", next_attempt_at=None, claim_token=None)
)
"""What was under way to an endpoint that was disabled, by a sender that died meanwhile."""
ANY_UNPLANNED = select(_EVENTS.id).where(_EVENTS.planned_at.is_(None)).limit(1)
ANY_DUE = select(_DELIVERIES.id).where(_DELIVERIES.next_attempt_at <= bindparam("moment")).limit(1)


@dataclass(frozen=True, slots=True)
class Claim:
    """A due delivery that is ours until its lease runs out. The rows are as they were, not attached to a session."""

    delivery: WebhookDelivery
    endpoint: WebhookEndpoint
    event: Event
    token: str


async def plan_events(session: AsyncSession) -> int:
    """Make the deliveries of events that have none yet; how many events those were."""
    connection = connection_of(session)
    events = (await connection.execute(_UNPLANNED)).all()
    if not events:
        return 0
    wanting = await receivers(session, events)
    rows = [
        {"id": new_id("dlv"), "event_id": event.id, "endpoint_id": endpoint.id}
        for event in events
        for endpoint in wanting[event.id]
        if endpoint.created_at <= event.created_at  # what was before an endpoint is not sent to it, but by a replay
    ]
    append(session, WebhookDelivery, *rows)
    await connection.execute(_PLAN, {"ids": [event.id for event in events], "moment": now()})
    return len(events)


async def claim_due(session: AsyncSession, places: Places, seconds: float) -> list[Claim]:
    """Take due deliveries: those of organizations with the fewest under way first, of these what waits longest.

    Args:
        session: of the transaction.
        places: how many, and what is under way.
        seconds: of the lease.
    """
    await session.execute(_GIVE_UP_DISABLED, {"moment": now()})
    await _choose(session, places)
    token = new_id("req")
    rows = await _load(session, places.taken)
    claims = [Claim(delivery, endpoint, event, token) for delivery, endpoint, event in rows]
    for claim in claims:
        claim.delivery.claim_token, claim.delivery.next_attempt_at = token, after(seconds)
    return claims


async def record_attempt(
    session: AsyncSession, claim: Claim, outcome: Outcome, settings: WebhookSettings, chance: float
) -> None:
    """Write down what came of an attempt, unless the claim is not ours any more.

    Args:
        session: of the transaction.
        claim: whose attempt it was.
        outcome: what came of it.
        settings: the schedule.
        chance: a random number in [0, 1), of the jitter.
    """
    locked = await _lock_claimed(session, claim)
    if locked is None:
        return
    endpoint, delivery = locked
    delivery.attempts += 1
    delivery.claim_token = None
    _write_log(delivery, outcome.status, outcome.error, outcome.duration_ms)
    if outcome.succeeded:
        delivery.status, delivery.next_attempt_at, endpoint.failing_since = "succeeded", None, None
        return
    endpoint.failing_since = endpoint.failing_since or now()
    await _disable_if_hopeless(session, endpoint, outcome, settings)
    _retry_or_fail(delivery, endpoint, outcome, settings, chance)


async def disable(session: AsyncSession, endpoint: WebhookEndpoint, reason: str) -> None:
    """Send nothing more to a locked endpoint: what waits for it fails. What is under way is left to its sender."""
    endpoint.status, endpoint.disabled_reason = "disabled", reason
    waiting = update(WebhookDelivery).where(
        WebhookDelivery.endpoint_id == endpoint.id,
        WebhookDelivery.next_attempt_at.is_not(None),
        WebhookDelivery.claim_token.is_(None),
    )
    await session.execute(waiting.values(status="failed", next_attempt_at=None))


async def _lock_claimed(session: AsyncSession, claim: Claim) -> tuple[WebhookEndpoint, WebhookDelivery] | None:
    """Endpoint and delivery of a claim, locked; `None` when it is not ours any more, or the endpoint is gone."""
    endpoint = await session.get(WebhookEndpoint, claim.endpoint.id, with_for_update={"key_share": True})
    ours = select(WebhookDelivery).where(
        WebhookDelivery.id == claim.delivery.id, WebhookDelivery.claim_token == claim.token
    )
    delivery = await session.scalar(ours.with_for_update())
    return None if endpoint is None or delivery is None else (endpoint, delivery)


def _retry_or_fail(
    delivery: WebhookDelivery, endpoint: WebhookEndpoint, outcome: Outcome, settings: WebhookSettings, chance: float
) -> None:
    pause = pause_seconds(
        delivery.attempts, settings.retry_seconds, retry_after_seconds=outcome.retry_after_seconds, chance=chance
    )
    if pause is None or endpoint.status == "disabled":
        delivery.status, delivery.next_attempt_at = "failed", None
    else:
        delivery.next_attempt_at = after(pause)


async def _choose(session: AsyncSession, places: Places) -> None:
    """Fill the places. Where more is due than one look sees, somebody's backlog may hide others: those who have nothing
    under way are then looked for without the others, until all of them have a place."""
    looked_at = places.free * LOOKED_AT_PER_PLACE
    due = await _due(session, places, places.per_organization, looked_at)
    if len(due) < looked_at:
        places.take(due, places.per_organization)
        return
    for most in (1, places.per_organization):
        while places.free and (due := await _due(session, places, most, looked_at)):
            places.take(due, most)


async def _due(session: AsyncSession, places: Places, most: int, looked_at: int) -> list[Due]:
    """What waits longest, of endpoints and organizations that may have more under way."""
    due = (
        select(WebhookDelivery.id, WebhookDelivery.endpoint_id, WebhookEndpoint.organization_id)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .where(
            WebhookDelivery.next_attempt_at <= now(),
            WebhookDelivery.id.not_in(places.taken),
            WebhookDelivery.endpoint_id.not_in(places.full_endpoints()),
            WebhookEndpoint.organization_id.not_in(places.organizations_with(most)),
            WebhookEndpoint.status == "enabled",
        )
        .order_by(WebhookDelivery.next_attempt_at)
        .limit(looked_at)
        .with_for_update(skip_locked=True, of=WebhookDelivery)
    )
    return [Due(*row) for row in await session.execute(due)]


async def _load(session: AsyncSession, ids: Sequence[str]) -> Sequence[Row[WebhookDelivery, WebhookEndpoint, Event]]:
    query = (
        select(WebhookDelivery, WebhookEndpoint, Event)
        .join(WebhookEndpoint, WebhookEndpoint.id == WebhookDelivery.endpoint_id)
        .join(Event, Event.id == WebhookDelivery.event_id)
        .where(WebhookDelivery.id.in_(ids))
        .order_by(WebhookDelivery.next_attempt_at)
    )
    return (await session.execute(query)).all()


async def _disable_if_hopeless(
    session: AsyncSession, endpoint: WebhookEndpoint, outcome: Outcome, settings: WebhookSettings
) -> None:
    reason = _hopeless(endpoint, outcome, settings)
    if reason is None or endpoint.status == "disabled":
        return
    await disable(session, endpoint, reason)
    record(
        session,
        endpoint.organization_id,
        "webhook_endpoint.disabled",
        actor="system",
        subject_id=endpoint.id,
        reason=reason,
    )


def _hopeless(endpoint: WebhookEndpoint, outcome: Outcome, settings: WebhookSettings) -> str | None:
    """Why an endpoint that just failed is not tried any more."""
    if outcome.status == GONE:
        return "the endpoint answered 410 Gone"
    since: datetime | None = endpoint.failing_since
    if since is not None and now() - since >= timedelta(seconds=settings.disable_after_seconds):
        return f"every attempt since {iso(since)} failed"
    return None


def _write_log(delivery: WebhookDelivery, status: int | None, error: str | None, duration_ms: int) -> None:
    entry = {"at": iso(now()), "status": status, "error": error, "duration_ms": duration_ms}
    delivery.log = [*delivery.log, entry][-LOG_KEPT:]
