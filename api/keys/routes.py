"""Routes of keys."""

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller, needs
from api.idempotency import OnceUse, owner_of
from api.ids import KeyId
from api.keys import service
from api.keys.queries import keys_of
from api.keys.schemas import KeyCreate, KeyResource, NewKeyResource
from api.pages import Page, Paging, fetch_page
from api.services import Use
from api.tables import ApiKey

router = APIRouter(tags=["keys"])


@router.post("/v1/api_keys", status_code=201, response_model=NewKeyResource)
async def create_api_key(body: KeyCreate, once: OnceUse, caller: Caller = needs("keys:manage")) -> Response:
    """Make a key. It is in this answer, and in no other."""

    async def action(session: AsyncSession) -> NewKeyResource:
        return NewKeyResource.made(*await service.grant_key(session, caller, body))

    return await once.run(caller.key_id, action, status=201)


@router.get("/v1/api_keys")
async def list_api_keys(use: Use, page: Paging, caller: Caller = needs("keys:manage")) -> Page[KeyResource]:
    """Newest first, ended ones too. A test key sees those of test mode."""
    async with use.db.read() as session:
        return await fetch_page(session, keys_of(caller), ApiKey.id, page, KeyResource.of)


@router.post("/v1/api_keys/{key_id}/rotate", response_model=NewKeyResource)
async def rotate_api_key(key_id: KeyId, use: Use, once: OnceUse, caller: Caller = needs("keys:manage")) -> Response:
    """Make the successor of a key, which works for 24 hours more."""
    overlap_seconds = use.settings.api.key_overlap_seconds

    async def action(session: AsyncSession) -> NewKeyResource:
        return NewKeyResource.made(*await service.rotate_key(session, caller, key_id, overlap_seconds=overlap_seconds))

    return await once.run(caller.key_id, action)


@router.post("/v1/api_keys/{key_id}/revoke", status_code=204, response_class=Response)
async def revoke_api_key(key_id: KeyId, once: OnceUse, caller: Caller = needs("keys:manage")) -> Response:
    """End a key at once."""

    async def action(session: AsyncSession) -> None:
        await service.revoke_key(session, caller, key_id)

    return await once.run(owner_of(caller), action, status=204)
