"""Webhook endpoints and events."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from assay_sdk.types.base import OpenResource, Resource

EventType = (
    Literal[
        "submission.scored",
        "submission.approved",
        "submission.rejected",
        "submission.needs_review",
        "job.completed",
        "job.cancelled",
        "job.timed_out",
        "credits.low_balance",
        "export.completed",
    ]
    | str
)
EndpointStatus = Literal["enabled", "disabled"]


class WebhookEndpoint(Resource):
    """A receiver of events."""

    object: str = "webhook_endpoint"
    id: str
    url: str
    description: str | None = None
    events: list[str]
    """Types that it wants; `*` is all of them."""
    status: EndpointStatus | str
    disabled_reason: str | None = None
    """What disabled it, in words."""
    metadata: dict[str, Any] = Field(default_factory=dict)
    """Your own keys and values."""
    livemode: bool = True
    created_at: datetime
    updated_at: datetime


class NewWebhookEndpoint(WebhookEndpoint):
    """A receiver of events with its new secret."""

    secret: str = Field(repr=False)
    """For `assay_sdk.webhooks.verify`. It is shown here, and never again."""


class EventData(OpenResource):
    """The resource that an event is about, as it was then: its fields are those of the resource."""

    object: str | None = None
    id: str | None = None


class WebhookEvent(Resource):
    """An event, as it is posted to endpoints."""

    object: str = "event"
    id: str
    """The same on every attempt and replay: what tells a repetition."""
    type: EventType
    api_version: str
    livemode: bool = True
    created_at: datetime
    data: EventData


class WebhookDelivery(Resource):
    """How far an event has come on its way to an endpoint."""

    endpoint_id: str
    status: Literal["pending", "succeeded", "failed"] | str
    """`failed` can be replayed."""
    attempts: int
    """Since the event happened or was last replayed."""
    next_attempt_at: datetime | None = None
    last_status: int | None = None
    """HTTP status of the last attempt; `None` when there was no answer."""
    last_error: str | None = None


class WebhookEventWithDeliveries(WebhookEvent):
    """An event with its deliveries."""

    deliveries: list[WebhookDelivery] = Field(default_factory=list)
