"""What an organization may set, and what holds when it has not."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from api.tables import Organization
from pipeline.brief import INTEGRAL

WEEK_SECONDS = 7 * 86400
"""Longest life of a pre-signed URL that S3 allows."""

Days = Annotated[int, Field(strict=True, ge=1, le=3650), INTEGRAL]
UrlSeconds = Annotated[int, Field(strict=True, ge=60, le=WEEK_SECONDS), INTEGRAL]
Stars = Annotated[int, Field(strict=True, ge=1, le=5), INTEGRAL]
Threshold = Annotated[int, Field(strict=True, ge=0, le=10**12), INTEGRAL]


class OrganizationSettings(BaseModel):
    """The settings of an organization, with the defaults where it has none of its own."""

    model_config = ConfigDict(frozen=True, extra="ignore", use_attribute_docstrings=True)

    low_balance_credits: Threshold = 1000
    """`credits.low_balance` is sent when the available credits fall below it."""
    retention_days: Days = 90
    """How long the uploaded originals are kept; what is delivered stays."""
    download_url_seconds: UrlSeconds = WEEK_SECONDS
    """How long a download URL works; it is signed anew on every read."""
    default_min_star_rating: Stars = 3
    """Of jobs that name none."""


def settings_of(organization: Organization) -> OrganizationSettings:
    """Its settings, with the defaults filled in."""
    return OrganizationSettings.model_validate(organization.settings)
