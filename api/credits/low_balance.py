"""The warning that credits run low: once for each fall below the organization's threshold.

`watch_balance` follows a movement that took available credits; `ledger.move` itself calls `note_rise` after one that
gave some.
"""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.clock import now
from api.credits.queries import balance_of
from api.events import emit
from api.organizations.settings import settings_of
from api.tables import Organization


async def watch_balance(session: AsyncSession, organization_id: str) -> None:
    """Emit `credits.low_balance` if the available credits fell below the threshold and that was not told yet.

    Args:
        session: of the transaction that moved credits; its lock on the accounts makes the event happen once.
        organization_id: whose credits they are.
    """
    organization = await _fresh(session, organization_id)
    threshold = settings_of(organization).low_balance_credits
    balance = await balance_of(session, organization_id)
    if organization.low_balance_at is None and balance.available_credits < threshold:
        organization.low_balance_at = now()
        data = balance.model_dump(mode="json") | {"threshold_credits": threshold}
        emit(session, organization_id, True, "credits.low_balance", data)


async def note_rise(session: AsyncSession, organization_id: str, available_credits: int) -> None:
    """Let the next fall be told again, if the available credits are back at the threshold."""
    organization = await _fresh(session, organization_id)
    if organization.low_balance_at is not None and available_credits >= settings_of(organization).low_balance_credits:
        organization.low_balance_at = None


async def _fresh(session: AsyncSession, organization_id: str) -> Organization:
    """As committed last, since the accounts are locked and a session may have read it before they were."""
    query = select(Organization).where(Organization.id == organization_id)
    return (await session.scalars(query.execution_options(populate_existing=True))).one()
