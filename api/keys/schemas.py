"""API keys on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from api.auth import ALL_SCOPES, Scope
from api.clock import after, now
from api.tables import ApiKey
from api.wire import Filled, GivenTime, Wire, WireTime
from pipeline.brief import INTEGRAL

MAX_DAYS = 3650
DAY_SECONDS = 86400

Mode = Literal["live", "test"]
KeyStatus = Literal["active", "expiring", "expired", "revoked"]


class KeyCreate(Wire):
    """A key to make."""

    name: Filled = Field(max_length=100)
    """To recognise it by."""
    scopes: list[Scope] | None = Field(default=None, min_length=1, max_length=len(ALL_SCOPES))
    """What it may do: no more than the key that makes it. Everything but `ops:…`, as far as that goes, when absent."""
    mode: Mode | None = None
    """Also taken as `environment`, or as one of the booleans `livemode` and `test_mode`. The caller's when absent."""
    expires_at: GivenTime | None = None
    """When it stops working; never when absent."""
    expires_in_days: Annotated[int, Field(strict=True, ge=1, le=MAX_DAYS), INTEGRAL] | None = None
    """The same, counted from now."""

    @model_validator(mode="before")
    @classmethod
    def _take_other_names(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        modes = list(_modes(data))
        if any(mode != modes[0] for mode in modes):
            raise ValueError("mode, environment, livemode and test_mode contradict each other")
        return {**data, "mode": modes[0] if modes else None}

    @field_validator("expires_at")
    @classmethod
    def _ends_later(cls, moment: datetime | None) -> datetime | None:
        if moment is not None and moment <= now():
            raise ValueError("expires_at is in the past")
        return moment

    @model_validator(mode="after")
    def _ends_once(self) -> Self:
        if self.expires_at is not None and self.expires_in_days is not None:
            raise ValueError("give one of expires_at and expires_in_days")
        return self

    def ends_at(self) -> datetime | None:
        """When the key stops working."""
        return after(self.expires_in_days * DAY_SECONDS) if self.expires_in_days else self.expires_at


def _modes(data: dict[str, Any]) -> list[Any]:
    """The mode in every way in which the body names it."""
    named = [data[name] for name in ("mode", "environment") if data.get(name) is not None]
    for name, of_true, of_false in (("livemode", "live", "test"), ("test_mode", "test", "live")):
        value = data.get(name)
        if value is not None and not isinstance(value, bool):
            raise ValueError(f"{name} is true or false")
        if value is not None:
            named.append(of_true if value else of_false)
    return named


class KeyResource(Wire):
    """An API key, without its secret."""

    object: Literal["api_key"] = "api_key"
    id: str
    name: str
    key_prefix: str
    """The first characters of the key."""
    livemode: bool
    scopes: list[Scope]
    status: KeyStatus
    """`expiring` was rotated, and works until `expires_at`."""
    expires_at: WireTime | None
    revoked_at: WireTime | None
    created_at: WireTime

    @classmethod
    def of(cls, key: ApiKey) -> Self:
        """As the API shows it."""
        return cls.model_validate(_fields(key))


class NewKeyResource(KeyResource):
    """An API key that was just made."""

    key: str
    """The key itself. It is shown here, and never again."""

    @classmethod
    def made(cls, key: ApiKey, token: str) -> Self:
        """As the API shows it once."""
        return cls.model_validate(_fields(key) | {"key": token})


def _fields(key: ApiKey) -> dict[str, Any]:
    same = {name: getattr(key, name) for name in KeyResource.model_fields if hasattr(key, name)}
    return same | {"key_prefix": key.shown, "status": status_of(key)}


def status_of(key: ApiKey) -> KeyStatus:
    """What has become of a key by now."""
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is not None and key.expires_at <= now():
        return "expired"
    return "expiring" if key.rotated_to is not None else "active"
