# Generated from _async/organization.py by sdk/python/generate_sync.py; edit that.
"""The organization that the key belongs to."""

from assay_sdk import calls
from assay_sdk._sync.pages import Page
from assay_sdk._sync.transport import Transport
from assay_sdk.omitted import OMITTED, Omitted, given
from assay_sdk.types.jobs import AuditEntry
from assay_sdk.types.organization import OrganizationSettings


class Organization:
    """Settings of the organization, and what was done to its account."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def audit(
        self, *, action: str | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Page[AuditEntry]:
        """Who did what to the account, newest first; what was done to a job is in `jobs.audit`.

        Args:
            action: only that, for example `api_key.created`.
            limit: entries on a page, 1 to 100.
            cursor: `next_cursor` of the page before.
        """
        call = calls.get("/v1/organization/audit", action=action, limit=limit, cursor=cursor)
        return Page.of(self._transport, call, AuditEntry)

    def settings(self) -> OrganizationSettings:
        """What it has set, with the defaults filled in."""
        return self._transport.fetch(calls.get("/v1/organization/settings"), OrganizationSettings)

    def update_settings(
        self,
        *,
        name: str | Omitted = OMITTED,
        email: str | Omitted | None = OMITTED,
        low_balance_credits: int | Omitted | None = OMITTED,
        retention_days: int | Omitted | None = OMITTED,
        download_url_seconds: int | Omitted | None = OMITTED,
        default_min_star_rating: int | Omitted | None = OMITTED,
    ) -> OrganizationSettings:
        """Change some of it. What is left out stays as it is; `None` brings a default back.

        Args:
            name: of the organization.
            email: of the person to turn to.
            low_balance_credits: `credits.low_balance` is sent when the available credits fall below it.
            retention_days: how long the uploaded originals are kept.
            download_url_seconds: how long a download URL works, 60 to 604,800.
            default_min_star_rating: of jobs that name none.
        """
        changes = {
            "name": name,
            "email": email,
            "low_balance_credits": low_balance_credits,
            "retention_days": retention_days,
            "download_url_seconds": download_url_seconds,
            "default_min_star_rating": default_min_star_rating,
        }
        call = calls.patch("/v1/organization/settings", given(changes))
        return self._transport.fetch(call, OrganizationSettings)
