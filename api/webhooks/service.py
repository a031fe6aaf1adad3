"""Making and changing endpoints, rotating their secrets, replaying events."""

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller
from api.clock import after, now
from api.errors import Conflict, ValidationFailed
from api.events import record
from api.ids import new_id
from api.organizations.queries import lock_organization
from api.secrets import Cipher
from api.tables import Event, WebhookDelivery, WebhookEndpoint
from api.webhooks.deliveries import disable
from api.webhooks.queries import ALL_EVENTS, deliveries_of, lock_deliveries, lock_endpoint, lock_event, receivers
from api.webhooks.schemas import EndpointCreate, EndpointUpdate
from api.webhooks.signing import new_secret
from api.webhooks.targets import ForbiddenTarget, TargetPolicy

DISABLED_BY_CLIENT = "disabled by the client"


async def create_endpoint(
    session: AsyncSession, caller: Caller, body: EndpointCreate, *, policy: TargetPolicy, cipher: Cipher, most: int
) -> tuple[WebhookEndpoint, str]:
    """Add an endpoint; returns it with its secret.

    Raises:
        ValidationFailed: its URL is forbidden.
        Conflict: its organization has `most` of them already.
    """
    _check(policy, body.url)
    await _require_room(session, caller.organization_id, most)
    secret = new_secret()
    endpoint = WebhookEndpoint(
        id=new_id("whe"),
        organization_id=caller.organization_id,
        livemode=caller.livemode,
        url=body.url,
        description=body.description,
        events=[*(body.events or (ALL_EVENTS,))],
        sealed_secret=cipher.seal(secret),
        details=body.metadata or {},
    )
    session.add(endpoint)
    await session.flush()
    _record(session, caller, "webhook_endpoint.created", endpoint.id, events=endpoint.events)
    return endpoint, secret


async def update_endpoint(
    session: AsyncSession, caller: Caller, endpoint_id: str, body: EndpointUpdate, *, policy: TargetPolicy
) -> WebhookEndpoint:
    """Change what is given.

    Raises:
        NotFound: the caller has none of this id.
        ValidationFailed: the new URL is forbidden.
    """
    endpoint = await lock_endpoint(session, caller, endpoint_id)
    if body.url is not None and body.url != endpoint.url:
        _check(policy, body.url)
        endpoint.url, endpoint.failing_since = body.url, None
    if body.events is not None:
        endpoint.events = list(body.events)
    if "description" in body.model_fields_set:
        endpoint.description = body.description
    if body.metadata is not None:
        endpoint.details = dict(body.metadata)
    await _switch(session, endpoint, body.status)
    await session.flush()
    _record(session, caller, "webhook_endpoint.updated", endpoint.id, fields=sorted(body.model_fields_set))
    return endpoint


async def delete_endpoint(session: AsyncSession, caller: Caller, endpoint_id: str) -> None:
    """Take an endpoint away, with what was still on its way to it.

    Raises:
        NotFound: the caller has none of this id.
    """
    endpoint = await lock_endpoint(session, caller, endpoint_id)
    await session.delete(endpoint)
    _record(session, caller, "webhook_endpoint.deleted", endpoint_id)


async def rotate_secret(
    session: AsyncSession, caller: Caller, endpoint_id: str, *, cipher: Cipher, overlap_seconds: float
) -> tuple[WebhookEndpoint, str]:
    """Give an endpoint a new secret; the one that it replaces signs too for a while. One before that ends at once.

    Raises:
        NotFound: the caller has none of this id.
    """
    endpoint = await lock_endpoint(session, caller, endpoint_id)
    secret = new_secret()
    endpoint.sealed_old_secret, endpoint.sealed_secret = endpoint.sealed_secret, cipher.seal(secret)
    endpoint.old_secret_expires_at = after(overlap_seconds)
    await session.flush()
    _record(session, caller, "webhook_endpoint.secret_rotated", endpoint.id)
    return endpoint, secret


async def replay_event(session: AsyncSession, caller: Caller, event_id: str) -> tuple[Event, list[WebhookDelivery]]:
    """Send an event anew, from attempt 0, to every endpoint that is enabled today and wants its type.

    Raises:
        NotFound: the caller has none of this id.
        Conflict: no endpoint is enabled that wants its type.
    """
    event = await lock_event(session, caller, event_id)
    endpoints = (await receivers(session, [event]))[event.id]
    if not endpoints:
        raise Conflict(f"no endpoint is enabled that wants {event.type}", code="no_endpoint")
    known = await lock_deliveries(session, event.id)
    for endpoint in endpoints:
        delivery = known.get(endpoint.id) or WebhookDelivery(
            id=new_id("dlv"), event_id=event.id, endpoint_id=endpoint.id, log=[]
        )
        delivery.status, delivery.attempts = "pending", 0
        delivery.next_attempt_at, delivery.claim_token = now(), None
        session.add(delivery)
    event.planned_at = event.planned_at or now()
    await session.flush()
    _record(session, caller, "webhook_event.replayed", event.id, endpoints=[endpoint.id for endpoint in endpoints])
    return event, (await deliveries_of(session, [event.id]))[event.id]


async def _switch(session: AsyncSession, endpoint: WebhookEndpoint, status: str | None) -> None:
    if status == "enabled":
        endpoint.status, endpoint.disabled_reason, endpoint.failing_since = "enabled", None, None
    elif status == "disabled" and endpoint.status == "enabled":
        await disable(session, endpoint, DISABLED_BY_CLIENT)


async def _require_room(session: AsyncSession, organization_id: str, most: int) -> None:
    await lock_organization(session, organization_id)
    theirs = WebhookEndpoint.organization_id == organization_id
    count = await session.scalar(select(func.count()).where(theirs)) or 0
    if count >= most:
        message = f"an organization has at most {most} webhook endpoints, of both modes; delete one first"
        raise Conflict(message, code="too_many_endpoints")


def _check(policy: TargetPolicy, url: str) -> None:
    try:
        policy.check(url)
    except ForbiddenTarget as error:
        raise ValidationFailed(str(error), code="forbidden_url", param="url") from None


def _record(session: AsyncSession, caller: Caller, action: str, subject_id: str, **details: Any) -> None:
    record(
        session,
        caller.organization_id,
        action,
        actor=caller.key_id,
        subject_id=subject_id,
        request_id=caller.request_id,
        **details,
    )
