"""Opening organizations."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import DEFAULT_SCOPES
from api.credits.ledger import Movement, move, open_accounts
from api.events import record
from api.ids import new_id
from api.keys.service import create_key
from api.tables import Organization


async def found_organization(
    session: AsyncSession,
    *,
    name: str,
    email: str | None,
    starter_credits: int = 0,
    scopes: Sequence[str] = DEFAULT_SCOPES,
    actor: str,
) -> tuple[Organization, str]:
    """Make an organization with its accounts, its first live key and its starter credits.

    Returns:
        The organization and the token of its key, which is shown once.

    Raises:
        sqlalchemy.exc.IntegrityError: another organization has this address.
    """
    organization = Organization(id=new_id("org"), name=name, email=email, settings={})
    session.add(organization)
    await session.flush()
    await open_accounts(session, organization.id)
    _, token = create_key(session, organization.id, name="First key", livemode=True, scopes=scopes)
    if starter_credits:
        bonus = Movement(
            "bonus", "granted", "available", starter_credits, f"bonus:{organization.id}", "Starter credits"
        )
        await move(session, organization.id, bonus)
    record(session, organization.id, "organization.created", actor=actor, subject_id=organization.id)
    return organization, token
