"""API keys."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from assay_sdk.types.base import Resource

KeyStatus = Literal["active", "expiring", "expired", "revoked"] | str


class ApiKey(Resource):
    """An API key, without its secret."""

    object: str = "api_key"
    id: str
    name: str
    key_prefix: str
    """The first characters of the key."""
    livemode: bool
    scopes: list[str]
    status: KeyStatus
    """`expiring` was rotated, and works until `expires_at`."""
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    created_at: datetime


class NewApiKey(ApiKey):
    """An API key that was just made."""

    key: str = Field(repr=False)
    """The key itself. It is shown here, and never again."""
