"""Settings of an organization."""

from datetime import datetime

from assay_sdk.types.base import Resource


class OrganizationSettings(Resource):
    """What an organization has set, with the defaults filled in."""

    object: str = "organization_settings"
    organization_id: str
    name: str
    email: str | None = None
    low_balance_credits: int
    """`credits.low_balance` is sent when the available credits fall below it."""
    retention_days: int
    """How long the uploaded originals are kept; what is delivered stays."""
    download_url_seconds: int
    """How long a download URL works; it is signed anew on every read."""
    default_min_star_rating: int
    """Of jobs that name none."""
    created_at: datetime
    updated_at: datetime
