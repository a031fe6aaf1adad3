"""Organizations and their settings on the wire."""

from typing import Any, Literal, Self

from pydantic import ConfigDict, Field

from api.credits.schemas import BalanceResource
from api.keys.schemas import NewKeyResource
from api.organizations.settings import Days, Stars, Threshold, UrlSeconds, settings_of
from api.tables import Organization
from api.wire import Email, Filled, Wire, WireTime


class Signup(Wire):
    """An organization to open."""

    name: Filled = Field(max_length=200)
    email: Email
    """Of the person to turn to; one address opens one organization."""


class OrganizationResource(Wire):
    """An organization that was just opened."""

    object: Literal["organization"] = "organization"
    id: str
    name: str
    email: str | None
    api_key: NewKeyResource
    """Its first key, shown here and never again."""
    credits: BalanceResource
    created_at: WireTime


class SettingsResource(Wire):
    """What an organization has set, with the defaults filled in."""

    object: Literal["organization_settings"] = "organization_settings"
    organization_id: str
    name: str
    email: str | None
    low_balance_credits: int
    """`credits.low_balance` is sent when the available credits fall below it."""
    retention_days: int
    """How long the uploaded originals are kept; what is delivered stays."""
    download_url_seconds: int
    """How long a download URL works; it is signed anew on every read."""
    default_min_star_rating: int
    """Of jobs that name none."""
    created_at: WireTime
    updated_at: WireTime

    @classmethod
    def of(cls, organization: Organization) -> Self:
        """As the API shows it."""
        return cls.model_validate(
            settings_of(organization).model_dump()
            | {
                "organization_id": organization.id,
                "name": organization.name,
                "email": organization.email,
                "created_at": organization.created_at,
                "updated_at": organization.updated_at,
            }
        )


class SettingsUpdate(Wire):
    """What to change. What is left out stays as it is; `null` brings a default back."""

    model_config = ConfigDict(extra="forbid")

    name: Filled = Field(default="", max_length=200)
    email: Email | None = None
    low_balance_credits: Threshold | None = None
    retention_days: Days | None = None
    download_url_seconds: UrlSeconds | None = None
    default_min_star_rating: Stars | None = None

    def changes(self) -> dict[str, Any]:
        """The fields that the request has."""
        return self.model_dump(exclude_unset=True)
