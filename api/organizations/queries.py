"""Reading organizations."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.tables import Organization


async def find_organization(session: AsyncSession, organization_id: str) -> Organization:
    """The organization of a caller, which exists."""
    return (await session.scalars(select(Organization).where(Organization.id == organization_id))).one()


async def lock_organization(session: AsyncSession, organization_id: str) -> Organization:
    """The same, kept from being changed by anybody else until the transaction ends; rows that point to it may come."""
    query = select(Organization).where(Organization.id == organization_id).with_for_update(key_share=True)
    return (await session.scalars(query.execution_options(populate_existing=True))).one()
