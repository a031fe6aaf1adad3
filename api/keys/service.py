"""Making, rotating and revoking API keys.

A live key manages all keys of its organization, a test key those of test mode only. No key hands out, by making or
by rotating, a scope that it does not hold itself, or a key that outlives it.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import ALL_SCOPES, DEFAULT_SCOPES, LIVE_KEY, TEST_KEY, Caller
from api.clock import after, now
from api.errors import AuthorizationFailed, Conflict
from api.events import record
from api.ids import new_id
from api.keys.queries import lock_key
from api.keys.schemas import KeyCreate, status_of
from api.secrets import SHOWN_CHARACTERS, new_token, token_hash
from api.tables import ApiKey

LAST_MOMENT = datetime.max.replace(tzinfo=UTC)
"""Of the calendar: what a `datetime` can hold."""


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


async def grant_key(session: AsyncSession, caller: Caller, body: KeyCreate) -> tuple[ApiKey, str]:
    """Make a key on behalf of another one, with which it ends at the latest.

    Raises:
        AuthorizationFailed: it asks for more than the caller has.
    """
    livemode = caller.livemode if body.mode is None else body.mode == "live"
    if livemode and not caller.livemode:
        raise AuthorizationFailed("a test key makes test keys only", code="live_key_required", param="mode")
    scopes = _scopes(caller, body.scopes)
    key, token = create_key(
        session,
        caller.organization_id,
        name=body.name,
        livemode=livemode,
        scopes=scopes,
        expires_at=_within(caller, body.ends_at()),
    )
    await session.flush()
    _record(session, caller, key, "api_key.created", scopes=scopes)
    return key, token


async def rotate_key(session: AsyncSession, caller: Caller, key_id: str, *, overlap_seconds: int) -> tuple[ApiKey, str]:
    """Make the successor of a key, which itself works for a while longer.

    The successor has its name, mode and scopes; where the key was made to expire, it lives as long from now. So a key
    that expires may renew itself, and no other one that lasts longer than it.

    Raises:
        NotFound: the caller manages none of this id.
        AuthorizationFailed: the key has scopes that the caller has not, or its successor would outlive the caller.
        Conflict: it has ended or was rotated already.
    """
    old = await lock_key(session, caller, key_id)
    if status_of(old) != "active":
        raise Conflict(f"this key is {status_of(old)}", code="key_not_active")
    _check_held(caller, old.scopes)
    end = _successors_end(old)
    if old.id != caller.key_id and _within(caller, end) != end:
        raise AuthorizationFailed("this key ends before the successor would; use one that lasts", code="key_ends")
    key, token = create_key(
        session, old.organization_id, name=old.name, livemode=old.livemode, scopes=old.scopes, expires_at=end
    )
    overlap_end = after(overlap_seconds)
    old.rotated_to, old.expires_at = key.id, min(old.expires_at or overlap_end, overlap_end)
    await session.flush()
    _record(session, caller, old, "api_key.rotated", rotated_to=key.id)
    return key, token


async def revoke_key(session: AsyncSession, caller: Caller, key_id: str) -> None:
    """End a key at once, the caller's own too; a revoked one stays as it is.

    Raises:
        NotFound: the caller manages none of this id.
    """
    key = await lock_key(session, caller, key_id)
    if key.revoked_at is None:
        key.revoked_at = now()
        _record(session, caller, key, "api_key.revoked")


def _successors_end(old: ApiKey) -> datetime | None:
    """When a successor that is made now stops working; a key that was to last until 9999 is not outlived."""
    if old.expires_at is None:
        return None
    moment = now()
    return moment + min(old.expires_at - old.created_at, LAST_MOMENT - moment)


def _within(caller: Caller, end: datetime | None) -> datetime | None:
    """The end of a key that the caller makes."""
    return min((moment for moment in (end, caller.expires_at) if moment is not None), default=None)


def _scopes(caller: Caller, wanted: Iterable[str] | None) -> list[str]:
    if wanted is None:
        return [scope for scope in DEFAULT_SCOPES if scope in caller.scopes]
    _check_held(caller, wanted)
    return [scope for scope in ALL_SCOPES if scope in set(wanted)]


def _check_held(caller: Caller, scopes: Iterable[str]) -> None:
    missing = sorted(set(scopes) - caller.scopes)
    if missing:
        raise AuthorizationFailed(f"this key lacks {', '.join(missing)} itself", code="scope_not_held", param="scopes")


def _record(session: AsyncSession, caller: Caller, key: ApiKey, action: str, **details: Any) -> None:
    record(
        session,
        caller.organization_id,
        action,
        actor=caller.key_id,
        subject_id=key.id,
        request_id=caller.request_id,
        **details,
    )
