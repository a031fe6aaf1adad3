# Generated from _async/api_keys.py by sdk/python/generate_sync.py; edit that.
"""API keys."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from assay_sdk import calls
from assay_sdk._sync.pages import Page
from assay_sdk._sync.transport import Transport
from assay_sdk.types.api_keys import ApiKey, NewApiKey


class ApiKeys:
    """Keys of the organization."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create(
        self,
        *,
        name: str,
        scopes: Sequence[str] | None = None,
        mode: Literal["live", "test"] | None = None,
        expires_at: datetime | None = None,
        expires_in_days: int | None = None,
        idempotency_key: str | None = None,
    ) -> NewApiKey:
        """Make a key. It is in this answer, and in no other.

        Args:
            name: to recognise it by.
            scopes: what it may do, no more than the key that makes it; all but `ops:…` when absent.
            mode: `live` or `test`; that of the key that makes it when absent.
            expires_at: when it stops working; never when absent.
            expires_in_days: the same, counted from now.
            idempotency_key: makes a repetition harmless. Made when absent.
        """
        body = {
            "name": name,
            "scopes": scopes,
            "mode": mode,
            "expires_at": expires_at,
            "expires_in_days": expires_in_days,
        }
        call = calls.post("/v1/api_keys", body, idempotency_key=idempotency_key)
        return self._transport.fetch(call, NewApiKey)

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Page[ApiKey]:
        """Keys, newest first, ended ones too."""
        return Page.of(self._transport, calls.get("/v1/api_keys", limit=limit, cursor=cursor), ApiKey)

    def rotate(self, key_id: str, *, idempotency_key: str | None = None) -> NewApiKey:
        """Make the successor of a key, which works for 24 hours more."""
        call = calls.post(_path(key_id) + "/rotate", idempotency_key=idempotency_key)
        return self._transport.fetch(call, NewApiKey)

    def revoke(self, key_id: str, *, idempotency_key: str | None = None) -> None:
        """End a key at once."""
        self._transport.send(calls.post(_path(key_id) + "/revoke", idempotency_key=idempotency_key))


def _path(key_id: str) -> str:
    return calls.path_of("/v1/api_keys/{key_id}", key_id=key_id)
