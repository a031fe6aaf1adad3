"""Routes of organizations."""

import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller, find_key, needs
from api.credits.queries import balance_of
from api.errors import AuthorizationFailed
from api.idempotency import OnceUse
from api.jobs.schemas import AuditResource
from api.keys.schemas import NewKeyResource
from api.live_only import require_live
from api.organizations import service
from api.organizations.queries import find_organization
from api.organizations.schemas import OrganizationResource, SettingsResource, SettingsUpdate, Signup
from api.pages import Page, Paging, fetch_page
from api.services import Use
from api.tables import AuditEntry, Organization
from api.wire import Text

router = APIRouter(tags=["organizations"])


async def _signup_is_open(request: Request, use: Use) -> None:
    """
    Raises:
        RateLimitExceeded: too many from this address.
        AuthorizationFailed: the operator opens organizations by hand.
    """
    use.limits.spend_anonymous(request)
    if not use.settings.signup.enabled:
        raise AuthorizationFailed("signup is closed; ask the operator for an organization", code="signup_disabled")


@router.post(
    "/v1/auth/signup", status_code=201, response_model=OrganizationResource, dependencies=[Depends(_signup_is_open)]
)
async def sign_up(body: Signup, request: Request, use: Use, once: OnceUse) -> Response:
    """Open an organization. Its first key is in this answer, and in no other."""

    async def action(session: AsyncSession) -> OrganizationResource:
        organization, token = await service.found_organization(
            session,
            name=body.name,
            email=body.email,
            starter_credits=use.settings.signup.starter_credits,
            settings=service.first_settings(use.settings.billing),
            actor="system",
            request_id=request.state.request_id,
        )
        return await _opened(session, organization, token)

    return await once.run(_stranger(request), action, status=201)


@router.get("/v1/organization/settings")
async def get_settings(use: Use, caller: Caller = needs("usage:read")) -> SettingsResource:
    """What the organization has set."""
    async with use.db.read() as session:
        return SettingsResource.of(await find_organization(session, caller.organization_id))


@router.patch("/v1/organization/settings")
async def update_settings(body: SettingsUpdate, use: Use, caller: Caller = needs("keys:manage")) -> SettingsResource:
    """Change some of it. They hold for both modes, so a live key is needed."""
    require_live(caller, "changing settings")
    async with use.db.write() as session:
        return SettingsResource.of(await service.update_settings(session, caller, body))


@router.get("/v1/organization/audit")
async def get_account_audit(
    use: Use,
    page: Paging,
    action: Annotated[Text | None, Query(max_length=64)] = None,
    caller: Caller = needs("audit:read"),
) -> Page[AuditResource]:
    """Who did what to the account, newest first: keys, people, endpoints, credits, settings, rubrics, the engine.

    What was done to a job, its exports among it, is in the job's audit. There is one account for both modes.
    """
    query = select(AuditEntry).where(AuditEntry.organization_id == caller.organization_id, AuditEntry.job_id.is_(None))
    if action is not None:
        query = query.where(AuditEntry.action == action)
    async with use.db.read() as session:
        return await fetch_page(session, query, AuditEntry.id, page, AuditResource.model_validate)


async def _opened(session: AsyncSession, organization: Organization, token: str) -> OrganizationResource:
    key = await find_key(session, token)
    assert key is not None
    return OrganizationResource(
        id=organization.id,
        name=organization.name,
        email=organization.email,
        api_key=NewKeyResource.made(key, token),
        credits=await balance_of(session, organization.id),
        created_at=organization.created_at,
    )


def _stranger(request: Request) -> str:
    """Owner of the idempotency key: a repetition from another address does not get to see this one's API key."""
    address = request.client.host if request.client else "unknown"
    return f"anon_{hashlib.sha256(address.encode()).hexdigest()[:24]}"
