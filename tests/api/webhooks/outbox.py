"""What the tests of webhooks do with the outbox. Time is moved in the database, and no schedule waited for."""

from datetime import timedelta

from sqlalchemy import select, update

from api.clock import now
from api.services import Services
from api.tables import WebhookDelivery, WebhookEndpoint
from api.webhooks.sender import WebhookSender

EVENTS = "/v1/webhook_events"
ENDPOINTS = "/v1/webhook_endpoints"


async def deliver(sender: WebhookSender) -> int:
    """Plan and send once; how many attempts that took."""
    await sender.plan()
    return await sender.send_due()


async def deliveries(services: Services) -> list[WebhookDelivery]:
    """All of them, oldest first."""
    async with services.db.read() as session:
        return list(await session.scalars(select(WebhookDelivery).order_by(WebhookDelivery.id)))


async def stored_endpoint(services: Services, endpoint_id: str) -> WebhookEndpoint:
    """The row of an endpoint."""
    async with services.db.read() as session:
        return await session.get_one(WebhookEndpoint, endpoint_id)


async def make_due(services: Services) -> None:
    """Let the time of every pending delivery's next attempt, or the end of its claim, be in the past."""
    async with services.db.write() as session:
        waiting = update(WebhookDelivery).where(WebhookDelivery.status == "pending")
        await session.execute(waiting.values(next_attempt_at=now() - timedelta(seconds=1)))


async def change_endpoint(services: Services, endpoint_id: str, **values) -> None:
    """Set columns of an endpoint."""
    async with services.db.write() as session:
        await session.execute(update(WebhookEndpoint).where(WebhookEndpoint.id == endpoint_id).values(**values))


async def list_events(http, organization, **params) -> list[dict]:
    """The events of an organization as the API lists them."""
    answer = await http.get(EVENTS, headers=organization.headers, params=params)
    assert answer.status_code == 200
    return answer.json()["data"]
