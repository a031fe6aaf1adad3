"""The organization's workers: made, banned, and struck for bad work."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import WORKER_TOKEN
from api.ids import new_id
from api.secrets import SHOWN_CHARACTERS, new_token, token_hash
from api.tables import Worker


def create_worker(
    session: AsyncSession, organization_id: str, *, name: str, email: str | None, metadata: dict[str, Any]
) -> tuple[Worker, str]:
    """Add a worker to the session; returns it with its token, which is not stored and never seen again."""
    token = new_token(WORKER_TOKEN)
    worker = Worker(
        id=new_id("wkr"),
        organization_id=organization_id,
        name=name,
        email=email,
        token_hash=token_hash(token),
        shown=token[:SHOWN_CHARACTERS],
        details=metadata,
    )
    session.add(worker)
    return worker, token
