# Generated from _async/webhook_events.py by sdk/python/generate_sync.py; edit that.
"""Webhook events."""

from assay_sdk import calls
from assay_sdk._sync.pages import Page
from assay_sdk._sync.transport import Transport
from assay_sdk.types.webhooks import EventType, WebhookEventWithDeliveries


class WebhookEvents:
    """What happened, and how far it has come on its way to your endpoints."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self, *, type: EventType | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Page[WebhookEventWithDeliveries]:
        """Events, newest first.

        Args:
            type: of those to list.
            limit: events on a page, 1 to 100.
            cursor: `next_cursor` of the page before.
        """
        call = calls.get("/v1/webhook_events", type=type, limit=limit, cursor=cursor)
        return Page.of(self._transport, call, WebhookEventWithDeliveries)

    def replay(self, event_id: str, *, idempotency_key: str | None = None) -> WebhookEventWithDeliveries:
        """Send an event anew, under its id, to every enabled endpoint that wants its type.

        Raises:
            Conflict: there is none (`no_endpoint`).
        """
        path = calls.path_of("/v1/webhook_events/{event_id}/replay", event_id=event_id)
        call = calls.post(path, idempotency_key=idempotency_key)
        return self._transport.fetch(call, WebhookEventWithDeliveries)
