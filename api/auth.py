"""Who is asking: a client by its API key, or a worker by its token; or a page that was signed in with one."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.clock import now
from api.errors import AuthenticationFailed, AuthorizationFailed
from api.secrets import token_hash
from api.services import services_of
from api.tables import ApiKey, Worker
from api.web.session import Kind, Session, read_session

Scope = Literal[
    "jobs:read", "jobs:write", "submissions:write", "files:read", "webhooks:read", "webhooks:write", "keys:manage",
    "workers:manage", "usage:read", "billing:write", "audit:read", "ops:read", "ops:write",
]  # fmt: skip
ALL_SCOPES: tuple[Scope, ...] = get_args(Scope)
DEFAULT_SCOPES: tuple[Scope, ...] = tuple(scope for scope in ALL_SCOPES if not scope.startswith("ops:"))
"""Of a key that is made without naming any: everything but the operator's."""

LIVE_KEY, TEST_KEY, WORKER_TOKEN = "fh_live_", "fh_test_", "wk_"
MAX_TOKEN_CHARACTERS = 256

API_KEY = HTTPBearer(
    auto_error=False, scheme_name="ApiKey", description="Of an organization: `fh_live_…` or `fh_test_…`."
)
WORKER = HTTPBearer(auto_error=False, scheme_name="WorkerToken", description="Of a worker: `wk_…`.")


@dataclass(frozen=True, slots=True)
class Caller:
    """A client's key that was found valid."""

    key_id: str
    organization_id: str
    livemode: bool
    scopes: frozenset[str]
    request_id: str
    expires_at: datetime | None = None
    """When the key stops working, and what it makes with it."""


@dataclass(frozen=True, slots=True)
class WorkerCaller:
    """A worker's token that was found valid. The worker may be banned."""

    worker_id: str
    organization_id: str
    banned: bool
    request_id: str


def needs(scope: Scope) -> Any:
    """The parameter of a route for clients whose key has the scope: `caller: Caller = needs("jobs:read")`."""

    async def authorized(caller: Annotated[Caller, Depends(client)]) -> Caller:
        if scope not in caller.scopes:
            raise AuthorizationFailed(f"this key lacks the scope {scope}", code="missing_scope", param=scope)
        return caller

    authorized.scope = scope  # type: ignore[attr-defined]  # the tenancy test reads it from the route table
    return Depends(authorized)


async def client(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(API_KEY)]
) -> Caller:
    """The client that the request comes from: by its key, or else by the session of its browser.

    Raises:
        AuthenticationFailed: no key, or one that is unknown, expired or revoked.
        AuthorizationFailed: a browser's request that would change something lacks its CSRF token.
    """
    find = services_of(request).callers.key
    key = await _asking(request, credentials, "client", find, find_session_key, LIVE_KEY, TEST_KEY)
    if key is None or _ended(key, now()):
        raise AuthenticationFailed("this API key is unknown, expired or revoked", code="invalid_api_key")
    services_of(request).limits.spend(request, key.organization_id)
    request.state.key_id = key.id
    told = key.id, key.organization_id, key.livemode, frozenset(key.scopes), request.state.request_id
    return Caller(*told, key.expires_at)


async def worker(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(WORKER)]
) -> WorkerCaller:
    """The worker that the request comes from: by its token, or else by the session of its browser.

    Raises:
        AuthenticationFailed: no token, or an unknown one.
        AuthorizationFailed: a browser's request that would change something lacks its CSRF token.
    """
    find = services_of(request).callers.worker
    found = await _asking(request, credentials, "worker", find, find_session_worker, WORKER_TOKEN)
    if found is None:
        raise AuthenticationFailed("this worker token is unknown", code="invalid_worker_token")
    services_of(request).limits.spend(request, found.id)
    return WorkerCaller(found.id, found.organization_id, found.status == "banned", request.state.request_id)


Client = Annotated[Caller, Depends(client)]
WorkerUse = Annotated[WorkerCaller, Depends(worker)]


async def find_key(session: AsyncSession, token: str) -> ApiKey | None:
    """The valid key of this token."""
    hashed = token_hash(token)
    key = await session.scalar(select(ApiKey).where(ApiKey.token_hash == hashed))
    if key is None or not hmac.compare_digest(key.token_hash, hashed) or _ended(key, now()):
        return None
    return key


async def find_session_key(session: AsyncSession, found: Session) -> ApiKey | None:
    """The key that a browser signed in with, while it is valid."""
    key = await session.get(ApiKey, found.holder_id)
    return None if key is None or not found.is_of(key.token_hash) or _ended(key, now()) else key


async def find_worker(session: AsyncSession, token: str) -> Worker | None:
    """The worker of this token."""
    hashed = token_hash(token)
    found = await session.scalar(select(Worker).where(Worker.token_hash == hashed))
    return None if found is None or not hmac.compare_digest(found.token_hash, hashed) else found


async def find_session_worker(session: AsyncSession, found: Session) -> Worker | None:
    """The worker that a browser signed in as, until it gets another token."""
    worker = await session.get(Worker, found.holder_id)
    return None if worker is None or not found.is_of(worker.token_hash) else worker


async def _asking(
    request: Request,
    credentials: HTTPAuthorizationCredentials | None,
    kind: Kind,
    find: Callable[[str], Awaitable[Row[Any] | None]],
    find_signed_in: Callable[[AsyncSession, Session], Awaitable[Any]],
    *prefixes: str,
) -> Any:
    """The key or worker of a request, as an entity where a browser is signed in and as a row else."""
    use = services_of(request)
    signed_in = read_session(request, use, kind) if credentials is None else None
    if signed_in is not None:
        async with use.db.read() as session:
            return await find_signed_in(session, signed_in)
    hashed = token_hash(_token(credentials, *prefixes))
    found = await find(hashed)
    return None if found is None or not hmac.compare_digest(found.token_hash, hashed) else found


def _ended(key: ApiKey | Row[Any], moment: datetime) -> bool:
    return key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= moment)


def _token(credentials: HTTPAuthorizationCredentials | None, *prefixes: str) -> str:
    if credentials is None:
        raise AuthenticationFailed("an API key is needed: Authorization: Bearer …")
    return check_token(credentials.credentials, *prefixes)


def check_token(token: str, *prefixes: str) -> str:
    """The token itself.

    Raises:
        AuthenticationFailed: it is none that the route takes.
    """
    if len(token) > MAX_TOKEN_CHARACTERS or not token.startswith(prefixes):
        raise AuthenticationFailed(f"a token for this route starts with {' or '.join(prefixes)}", code="wrong_token")
    return token
