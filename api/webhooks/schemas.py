"""Webhook endpoints and events on the wire."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from api.events import EVENT_TYPES, EventType
from api.tables import Event, WebhookDelivery, WebhookEndpoint
from api.webhooks.queries import ALL_EVENTS
from api.wire import Filled, Metadata, Text, Wire, WireTime

API_VERSION = "v1"
"""Of the shape of `data`; a breaking change would come under a new one."""

_URL: dict[str, Any] = {"pattern": r"^\s*[Hh][Tt][Tt][Pp][Ss]?://\S+\s*$", "examples": ["https://example.com/hook"]}

EventName = EventType | Literal["*"]
EndpointStatus = Literal["enabled", "disabled"]
DeliveryStatus = Literal["pending", "succeeded", "failed"]


def _named_events(data: Any) -> Any:
    if isinstance(data, dict) and data.get("events") is None and "enabled_events" in data:
        return {**data, "events": data["enabled_events"]}
    return data


def _in_order(events: list[EventName] | None) -> list[EventName] | None:
    if events is None or ALL_EVENTS in events:
        return None if events is None else [ALL_EVENTS]
    return [kind for kind in EVENT_TYPES if kind in events]


class EndpointCreate(Wire):
    """A receiver to add."""

    url: Filled = Field(max_length=2000, json_schema_extra=_URL)
    """Where events are posted to: https, a public address."""
    events: list[EventName] | None = Field(default=None, min_length=1, max_length=50)
    """Types that it wants; all of them, also those to come, when absent. Also taken as `enabled_events`."""
    description: Text | None = Field(default=None, max_length=500)
    metadata: Metadata | None = None

    _other_names = model_validator(mode="before")(_named_events)
    _ordered = field_validator("events")(_in_order)


class EndpointUpdate(Wire):
    """What is to change; what is absent stays."""

    url: Annotated[Filled, Field(max_length=2000, json_schema_extra=_URL)] | None = None
    events: list[EventName] | None = Field(default=None, min_length=1, max_length=50)
    """Also taken as `enabled_events`."""
    description: Text | None = Field(default=None, max_length=500)
    """`null` takes it away."""
    metadata: Metadata | None = None
    """Replaces all of it."""
    status: EndpointStatus | None = None
    """`enabled` starts anew after whatever disabled it."""

    _other_names = model_validator(mode="before")(_named_events)
    _ordered = field_validator("events")(_in_order)


class EndpointResource(Wire):
    """A receiver of events."""

    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    id: str
    url: str
    description: str | None
    events: list[EventName]
    """`*` is all of them."""
    status: EndpointStatus
    disabled_reason: str | None
    """What disabled it, in words."""
    metadata: dict[str, Any]
    livemode: bool
    created_at: WireTime
    updated_at: WireTime

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> Self:
        """As the API shows it."""
        return cls.model_validate(_fields(endpoint))


class EndpointWithSecret(EndpointResource):
    """A receiver of events with its new secret."""

    secret: str
    """Signs what is sent from now on. It is shown here, and never again."""

    @classmethod
    def made(cls, endpoint: WebhookEndpoint, secret: str) -> Self:
        """As the API shows it once."""
        return cls.model_validate(_fields(endpoint) | {"secret": secret})


class DeliverySummary(Wire):
    """How far an event has come on its way to an endpoint."""

    endpoint_id: str
    status: DeliveryStatus
    """`failed` can be replayed."""
    attempts: int
    """Since the event happened or was last replayed."""
    next_attempt_at: WireTime | None
    last_status: int | None
    """HTTP status of the last attempt; `null` when there was no answer."""
    last_error: str | None

    @classmethod
    def of(cls, delivery: WebhookDelivery) -> Self:
        """As the API shows it."""
        last = delivery.log[-1] if delivery.log else {}
        return cls(
            endpoint_id=delivery.endpoint_id,
            status=delivery.status,  # type: ignore[arg-type]  # a constraint of the table
            attempts=delivery.attempts,
            next_attempt_at=delivery.next_attempt_at,
            last_status=last.get("status"),
            last_error=last.get("error"),
        )


class EventEnvelope(Wire):
    """An event, as it is posted to endpoints."""

    object: Literal["event"] = "event"
    id: str
    """The same on every attempt and replay: what tells a repetition."""
    type: str
    api_version: str = API_VERSION
    livemode: bool
    created_at: WireTime
    data: dict[str, Any]
    """The resource that it is about."""

    @classmethod
    def of(cls, event: Event) -> Self:
        """As it is sent."""
        return cls.model_validate(event, from_attributes=True)


class EventResource(EventEnvelope):
    """An event with its deliveries."""

    deliveries: list[DeliverySummary]

    @classmethod
    def with_deliveries(cls, event: Event, deliveries: Iterable[WebhookDelivery]) -> Self:
        """As the API shows it."""
        sent = EventEnvelope.of(event).model_dump()
        return cls.model_validate(sent | {"deliveries": [DeliverySummary.of(delivery) for delivery in deliveries]})


def _fields(endpoint: WebhookEndpoint) -> dict[str, Any]:
    same = {
        name: getattr(endpoint, name) for name in EndpointResource.model_fields if name not in ("object", "metadata")
    }
    return same | {"metadata": endpoint.details}
