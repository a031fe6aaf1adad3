"""Routes of webhooks."""

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller, needs
from api.events import EventType
from api.idempotency import OnceUse, owner_of
from api.ids import EndpointId, EventId
from api.pages import Page, Paging, fetch_page
from api.services import Use
from api.tables import Event, WebhookEndpoint
from api.webhooks import service
from api.webhooks.queries import deliveries_of, endpoints_of, events_of, find_endpoint
from api.webhooks.schemas import EndpointCreate, EndpointResource, EndpointUpdate, EndpointWithSecret, EventResource
from api.webhooks.targets import TargetPolicy

router = APIRouter(tags=["webhooks"])


@router.post("/v1/webhook_endpoints", status_code=201, response_model=EndpointWithSecret)
async def create_webhook_endpoint(
    body: EndpointCreate, use: Use, once: OnceUse, caller: Caller = needs("webhooks:write")
) -> Response:
    """Add a receiver of events. Its secret is in this answer, and in no other."""
    policy, most = TargetPolicy.of(use.settings.webhooks), use.settings.webhooks.max_endpoints

    async def action(session: AsyncSession) -> EndpointWithSecret:
        made = await service.create_endpoint(session, caller, body, policy=policy, cipher=use.cipher, most=most)
        return EndpointWithSecret.made(*made)

    return await once.run(caller.key_id, action, status=201)


@router.get("/v1/webhook_endpoints")
async def list_webhook_endpoints(
    use: Use, page: Paging, caller: Caller = needs("webhooks:read")
) -> Page[EndpointResource]:
    """Newest first. A test key sees those of test mode."""
    async with use.db.read() as session:
        return await fetch_page(session, endpoints_of(caller), WebhookEndpoint.id, page, EndpointResource.of)


@router.get("/v1/webhook_endpoints/{endpoint_id}")
async def get_webhook_endpoint(
    endpoint_id: EndpointId, use: Use, caller: Caller = needs("webhooks:read")
) -> EndpointResource:
    """One receiver."""
    async with use.db.read() as session:
        return EndpointResource.of(await find_endpoint(session, caller, endpoint_id))


@router.patch("/v1/webhook_endpoints/{endpoint_id}")
async def update_webhook_endpoint(
    endpoint_id: EndpointId, body: EndpointUpdate, use: Use, caller: Caller = needs("webhooks:write")
) -> EndpointResource:
    """Change a receiver, disable it, or enable it again."""
    policy = TargetPolicy.of(use.settings.webhooks)
    async with use.db.write() as session:
        return EndpointResource.of(await service.update_endpoint(session, caller, endpoint_id, body, policy=policy))


@router.delete("/v1/webhook_endpoints/{endpoint_id}", status_code=204, response_class=Response)
async def delete_webhook_endpoint(endpoint_id: EndpointId, use: Use, caller: Caller = needs("webhooks:write")) -> None:
    """Take a receiver away, with what was still on its way to it."""
    async with use.db.write() as session:
        await service.delete_endpoint(session, caller, endpoint_id)


@router.post("/v1/webhook_endpoints/{endpoint_id}/rotate_secret", response_model=EndpointWithSecret)
async def rotate_webhook_secret(
    endpoint_id: EndpointId, use: Use, once: OnceUse, caller: Caller = needs("webhooks:write")
) -> Response:
    """Make a new secret. For 24 hours the old one signs too, in a second signature."""
    overlap_seconds = use.settings.webhooks.secret_overlap_seconds

    async def action(session: AsyncSession) -> EndpointWithSecret:
        rotated = await service.rotate_secret(
            session, caller, endpoint_id, cipher=use.cipher, overlap_seconds=overlap_seconds
        )
        return EndpointWithSecret.made(*rotated)

    return await once.run(caller.key_id, action)


@router.get("/v1/webhook_events")
async def list_webhook_events(
    use: Use, page: Paging, type: EventType | None = None, caller: Caller = needs("webhooks:read")
) -> Page[EventResource]:
    """Newest first, with how far each has come on its way to every endpoint."""
    async with use.db.read() as session:
        found = await fetch_page(session, events_of(caller, type), Event.id, page, lambda event: event)
        deliveries = await deliveries_of(session, [event.id for event in found.data])
    shown = [EventResource.with_deliveries(event, deliveries[event.id]) for event in found.data]
    return Page(data=shown, has_more=found.has_more, next_cursor=found.next_cursor)


@router.post("/v1/webhook_events/{event_id}/replay", response_model=EventResource)
async def replay_webhook_event(event_id: EventId, once: OnceUse, caller: Caller = needs("webhooks:write")) -> Response:
    """Send an event anew, under its id, to every enabled endpoint that wants its type.

    Where there is none, the answer is 409 `no_endpoint`.
    """

    async def action(session: AsyncSession) -> EventResource:
        return EventResource.with_deliveries(*await service.replay_event(session, caller, event_id))

    return await once.run(owner_of(caller), action)
