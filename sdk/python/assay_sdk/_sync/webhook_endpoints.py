# Generated from _async/webhook_endpoints.py by sdk/python/generate_sync.py; edit that.
"""Webhook endpoints."""

from collections.abc import Mapping, Sequence
from typing import Any

from assay_sdk import calls
from assay_sdk._sync.pages import Page
from assay_sdk._sync.transport import Transport
from assay_sdk.omitted import OMITTED, Omitted, given
from assay_sdk.types.webhooks import EndpointStatus, EventType, NewWebhookEndpoint, WebhookEndpoint


class WebhookEndpoints:
    """Receivers of events."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        url: str,
        events: Sequence[EventType] | None = None,
        description: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> NewWebhookEndpoint:
        """Add a receiver of events. Its secret is in this answer, and in no other.

        Args:
            url: where events are posted to: https, a public address.
            events: types that it wants; all of them, also those to come, when absent.
            description: at most 500 characters.
            metadata: your own keys and values.
            idempotency_key: makes a repetition harmless. Made when absent.
        """
        body = {"url": url, "events": events, "description": description, "metadata": metadata}
        call = calls.post("/v1/webhook_endpoints", body, idempotency_key=idempotency_key)
        return self._transport.fetch(call, NewWebhookEndpoint)

    def get(self, endpoint_id: str) -> WebhookEndpoint:
        """One receiver.

        Raises:
            NotFound: there is none of this id.
        """
        return self._transport.fetch(calls.get(_path(endpoint_id)), WebhookEndpoint)

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Page[WebhookEndpoint]:
        """Receivers, newest first."""
        call = calls.get("/v1/webhook_endpoints", limit=limit, cursor=cursor)
        return Page.of(self._transport, call, WebhookEndpoint)

    def update(
        self,
        endpoint_id: str,
        *,
        url: str | Omitted = OMITTED,
        events: Sequence[EventType] | Omitted = OMITTED,
        description: str | Omitted | None = OMITTED,
        metadata: Mapping[str, Any] | Omitted = OMITTED,
        status: EndpointStatus | Omitted = OMITTED,
    ) -> WebhookEndpoint:
        """Change a receiver; what is left out stays.

        Args:
            endpoint_id: of the receiver.
            url: where events are posted to.
            events: types that it wants.
            description: `None` takes it away.
            metadata: replaces all of it.
            status: `disabled`, or `enabled`, which starts anew after whatever disabled it.
        """
        changes = {"url": url, "events": events, "description": description, "metadata": metadata, "status": status}
        return self._transport.fetch(calls.patch(_path(endpoint_id), given(changes)), WebhookEndpoint)

    def delete(self, endpoint_id: str) -> None:
        """Take a receiver away, with what was still on its way to it."""
        self._transport.send(calls.delete(_path(endpoint_id)))

    def rotate_secret(self, endpoint_id: str, *, idempotency_key: str | None = None) -> NewWebhookEndpoint:
        """Make a new secret. For 24 hours the old one signs too."""
        call = calls.post(_path(endpoint_id) + "/rotate_secret", idempotency_key=idempotency_key)
        return self._transport.fetch(call, NewWebhookEndpoint)


def _path(endpoint_id: str) -> str:
    return calls.path_of("/v1/webhook_endpoints/{endpoint_id}", endpoint_id=endpoint_id)
