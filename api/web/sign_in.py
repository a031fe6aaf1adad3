"""Routes that sign a browser in and out."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from api.auth import LIVE_KEY, MAX_TOKEN_CHARACTERS, TEST_KEY, Scope, check_token, find_key, find_session_key
from api.errors import AuthenticationFailed
from api.services import Use
from api.tables import ApiKey, Organization
from api.web.session import Session, clear_cookie, read_session, set_cookie
from api.wire import Text, Wire, WireTime

router = APIRouter(include_in_schema=False)


class SignIn(Wire):
    """Who signs in to the console or the operations page."""

    api_key: Annotated[Text, Field(min_length=1, max_length=MAX_TOKEN_CHARACTERS)]


class SessionResource(Wire):
    """A browser that is signed in."""

    object: Literal["session"] = "session"
    organization_id: str
    organization_name: str
    key_id: str
    key_name: str
    key_prefix: str
    livemode: bool
    scopes: list[Scope]
    csrf_token: str
    """To be sent with every request that changes something. It lives in the page's memory only."""
    expires_at: WireTime


@router.post("/web/session", status_code=201)
async def sign_in(body: SignIn, request: Request, response: Response, use: Use) -> SessionResource:
    """Trade an API key for a session."""
    use.limits.spend_anonymous(request)
    check_token(body.api_key, LIVE_KEY, TEST_KEY)
    async with use.db.read() as session:
        key = await find_key(session, body.api_key)
        if key is None:
            raise AuthenticationFailed("this API key is unknown, expired or revoked", code="invalid_api_key")
        organization = await session.get_one(Organization, key.organization_id)
    made = Session.of("client", key.id, key.token_hash, key.expires_at)
    set_cookie(response, request, use, made)
    return _resource(made, key, organization)


@router.get("/web/session")
async def current_session(request: Request, response: Response, use: Use) -> SessionResource:
    """The session of this browser, with which a page starts."""
    found = read_session(request, use, "client")
    if found is None:
        raise AuthenticationFailed("nobody is signed in", code="no_session")
    async with use.db.read() as session:
        key = await find_session_key(session, found)
        if key is None:
            raise AuthenticationFailed("the key of this session has ended", code="no_session")
        organization = await session.get_one(Organization, key.organization_id)
    use.limits.spend(request, organization.id)
    response.headers["Cache-Control"] = "no-store"
    return _resource(found, key, organization)


@router.delete("/web/session", status_code=204, response_class=Response)
async def sign_out(request: Request, use: Use) -> Response:
    """End the session. Without one nothing happens."""
    read_session(request, use, "client")
    response = Response(status_code=204)
    clear_cookie(response, request, use, "client")
    return response


def _resource(session: Session, key: ApiKey, organization: Organization) -> SessionResource:
    return SessionResource(
        organization_id=organization.id,
        organization_name=organization.name,
        key_id=key.id,
        key_name=key.name,
        key_prefix=key.shown,
        livemode=key.livemode,
        scopes=key.scopes,  # type: ignore[arg-type]  # checked when the key was made
        csrf_token=session.csrf_token,
        expires_at=session.expires_at,
    )
