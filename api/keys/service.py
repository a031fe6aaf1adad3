"""Making, rotating and revoking API keys."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import LIVE_KEY, TEST_KEY
from api.ids import new_id
from api.secrets import SHOWN_CHARACTERS, new_token, token_hash
from api.tables import ApiKey


def create_key(
    session: AsyncSession,
    organization_id: str,
    *,
    name: str,
    livemode: bool,
    scopes: Sequence[str],
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Add a key to the session; returns it with its token, which is not stored and never seen again."""
    token = new_token(LIVE_KEY if livemode else TEST_KEY)
    key = ApiKey(
        id=new_id("key"),
        organization_id=organization_id,
        name=name,
        token_hash=token_hash(token),
        shown=token[:SHOWN_CHARACTERS],
        livemode=livemode,
        scopes=list(scopes),
        expires_at=expires_at,
    )
    session.add(key)
    return key, token
