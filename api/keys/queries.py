"""Reading API keys."""

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller
from api.errors import NotFound
from api.tables import ApiKey


def keys_of(caller: Caller) -> Select[ApiKey]:
    """The keys that the caller may manage: all of its organization, or those of test mode for a test key."""
    query = select(ApiKey).where(ApiKey.organization_id == caller.organization_id)
    return query if caller.livemode else query.where(ApiKey.livemode.is_(False))


async def lock_key(session: AsyncSession, caller: Caller, key_id: str) -> ApiKey:
    """A key that nobody else rotates or revokes until the transaction ends.

    Raises:
        NotFound: the caller manages none of this id.
    """
    query = keys_of(caller).where(ApiKey.id == key_id).with_for_update()
    key = await session.scalar(query.execution_options(populate_existing=True))
    if key is None:
        raise NotFound(f"there is no API key {key_id}", param="key_id")
    return key
