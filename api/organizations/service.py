"""Opening organizations and changing what they have set."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import DEFAULT_SCOPES, Caller
from api.credits.ledger import Movement, balances, move, open_accounts
from api.credits.low_balance import note_rise
from api.errors import Conflict
from api.events import record
from api.ids import new_id
from api.keys.service import create_key
from api.organizations.queries import lock_organization
from api.organizations.schemas import SettingsUpdate
from api.organizations.settings import OrganizationSettings, settings_of
from api.tables import Organization
from configs.settings import BillingSettings

__all__ = ["OrganizationSettings", "found_organization", "settings_of", "update_settings"]


async def found_organization(
    session: AsyncSession,
    *,
    name: str,
    email: str | None,
    starter_credits: int = 0,
    scopes: Sequence[str] = DEFAULT_SCOPES,
    settings: Mapping[str, Any] | None = None,
    actor: str,
    request_id: str | None = None,
) -> tuple[Organization, str]:
    """Make an organization with its accounts, its first live key and its starter credits.

    Returns:
        The organization and the token of its key, which is shown once.

    Raises:
        Conflict: another organization has this address; the transaction is lost.
    """
    organization = Organization(id=new_id("org"), name=name, email=email, settings=dict(settings or {}))
    session.add(organization)
    await _flush(session)
    await open_accounts(session, organization.id)
    _, token = create_key(session, organization.id, name="First key", livemode=True, scopes=scopes)
    if starter_credits:
        bonus = Movement(
            "bonus", "granted", "available", starter_credits, f"bonus:{organization.id}", "Starter credits"
        )
        await move(session, organization.id, bonus)
    record(
        session,
        organization.id,
        "organization.created",
        actor=actor,
        subject_id=organization.id,
        request_id=request_id,
    )
    return organization, token


def first_settings(billing: BillingSettings) -> dict[str, Any]:
    """Of a new organization, where the operator's defaults are others than ours."""
    chosen = OrganizationSettings(low_balance_credits=billing.low_balance_credits)
    return chosen.model_dump(exclude_defaults=True)


async def update_settings(session: AsyncSession, caller: Caller, body: SettingsUpdate) -> Organization:
    """Change what the request has.

    Raises:
        Conflict: another organization has the address.
    """
    organization = await lock_organization(session, caller.organization_id)
    changes = body.changes()
    for name in ("name", "email"):
        if name in changes:
            setattr(organization, name, changes.pop(name))
    merged = organization.settings | changes
    organization.settings = {name: value for name, value in merged.items() if value is not None}
    await _flush(session)
    available = (await balances(session, organization.id)).available
    await note_rise(session, organization.id, available)
    record(
        session,
        organization.id,
        "organization.settings_changed",
        actor=caller.key_id,
        subject_id=organization.id,
        request_id=caller.request_id,
        changed=sorted(body.model_fields_set),
    )
    await session.flush()
    return organization


async def _flush(session: AsyncSession) -> None:
    """The address is the one thing of an organization that can clash."""
    try:
        await session.flush()
    except IntegrityError:
        raise Conflict("another organization has this address", code="email_taken", param="email") from None
