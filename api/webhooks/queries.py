"""Reading endpoints, events and deliveries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller
from api.errors import NotFound
from api.tables import Event, WebhookDelivery, WebhookEndpoint

ALL_EVENTS: Final = "*"


def endpoints_of(caller: Caller) -> Select[WebhookEndpoint]:
    """The caller's endpoints, of its key's mode."""
    return select(WebhookEndpoint).where(
        WebhookEndpoint.organization_id == caller.organization_id, WebhookEndpoint.livemode == caller.livemode
    )


def events_of(caller: Caller, kind: str | None = None) -> Select[Event]:
    """The caller's events, of its key's mode; of one type, if one is given."""
    query = select(Event).where(Event.organization_id == caller.organization_id, Event.livemode == caller.livemode)
    return query if kind is None else query.where(Event.type == kind)


async def find_endpoint(session: AsyncSession, caller: Caller, endpoint_id: str) -> WebhookEndpoint:
    """An endpoint of the caller.

    Raises:
        NotFound: it has none of this id.
    """
    query = endpoints_of(caller).where(WebhookEndpoint.id == endpoint_id)
    return _found(await session.scalar(query), endpoint_id)


async def lock_endpoint(session: AsyncSession, caller: Caller, endpoint_id: str) -> WebhookEndpoint:
    """An endpoint that nobody else changes until the transaction ends. It is locked before its deliveries, always.

    Raises:
        NotFound: the caller has none of this id.
    """
    query = endpoints_of(caller).where(WebhookEndpoint.id == endpoint_id).with_for_update()
    return _found(await session.scalar(query.execution_options(populate_existing=True)), endpoint_id)


async def lock_event(session: AsyncSession, caller: Caller, event_id: str) -> Event:
    """An event that is not planned or replayed by anybody else until the transaction ends.

    Raises:
        NotFound: the caller has none of this id.
    """
    query = events_of(caller).where(Event.id == event_id).with_for_update()
    event = await session.scalar(query.execution_options(populate_existing=True))
    if event is None:
        raise NotFound(f"there is no event {event_id}", param="event_id")
    return event


async def receivers(session: AsyncSession, events: Sequence[Event | Row[Any]]) -> dict[str, list[WebhookEndpoint]]:
    """For each event's id the enabled endpoints that want it.

    They are neither disabled nor deleted until the transaction ends.
    """
    query = (
        select(WebhookEndpoint)
        .where(
            WebhookEndpoint.organization_id.in_({event.organization_id for event in events}),
            WebhookEndpoint.status == "enabled",
        )
        .order_by(WebhookEndpoint.id)
        .with_for_update(read=True)
    )
    endpoints = (await session.scalars(query)).all()
    return {event.id: [endpoint for endpoint in endpoints if _wants(endpoint, event)] for event in events}


async def lock_deliveries(session: AsyncSession, event_id: str) -> dict[str, WebhookDelivery]:
    """The deliveries of an event by endpoint, which no sender changes until the transaction ends."""
    query = select(WebhookDelivery).where(WebhookDelivery.event_id == event_id).with_for_update()
    locked = await session.scalars(query.execution_options(populate_existing=True))
    return {delivery.endpoint_id: delivery for delivery in locked}


async def deliveries_of(session: AsyncSession, event_ids: Iterable[str]) -> defaultdict[str, list[WebhookDelivery]]:
    """The deliveries of each event, in the order of their making."""
    query = select(WebhookDelivery).where(WebhookDelivery.event_id.in_(list(event_ids))).order_by(WebhookDelivery.id)
    grouped: defaultdict[str, list[WebhookDelivery]] = defaultdict(list)
    for delivery in await session.scalars(query):
        grouped[delivery.event_id].append(delivery)
    return grouped


def _wants(endpoint: WebhookEndpoint, event: Event | Row[Any]) -> bool:
    same_owner = (endpoint.organization_id, endpoint.livemode) == (event.organization_id, event.livemode)
    return same_owner and (ALL_EVENTS in endpoint.events or event.type in endpoint.events)


def _found(endpoint: WebhookEndpoint | None, endpoint_id: str) -> WebhookEndpoint:
    if endpoint is None:
        raise NotFound(f"there is no webhook endpoint {endpoint_id}", param="endpoint_id")
    return endpoint
