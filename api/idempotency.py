"""`Idempotency-Key`: a repeated request gets the first one's answer, and does nothing again."""

import hashlib
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from api.auth import Caller
from api.clock import now
from api.errors import IdempotencyConflict, IdempotencyMismatch
from api.services import Services, services_of
from api.tables import IdempotencyKey

KEPT = timedelta(hours=24)
MAX_CHARACTERS = 255
OF_TEST_MODE = "/t"
"""Behind an organization's id of 30 characters; the column takes 32."""

Action = Callable[[AsyncSession], Awaitable[BaseModel | None]]
"""What a request does; `None` is answered with an empty body."""

_in_flight: set[tuple[str, str, str]] = set()
"""Owner, route and key of the requests under way in this process."""


def owner_of(caller: Caller) -> str:
    """Whose a client's idempotency keys are: its organization's, apart for live and test mode.

    Where the answer tells a secret they are the API key's, `caller.key_id`: another key may be allowed less.
    """
    return caller.organization_id if caller.livemode else f"{caller.organization_id}{OF_TEST_MODE}"


class Once:
    """Runs the action of a mutating POST in one transaction, together with the row of its key.

    A route declares `once: OnceUse` and ends with `return await once.run(owner_of(caller), action, status=201)`.
    """

    def __init__(self, request: Request, use: Services, key: str | None) -> None:
        self._request = request
        self._use = use
        self._key = key

    @property
    def has_key(self) -> bool:
        return self._key is not None

    async def run(
        self,
        owner_id: str,
        action: Action,
        *,
        status: int = 200,
        digest: str | None = None,
        without_key: Callable[[], Awaitable[BaseModel]] | None = None,
    ) -> Response:
        """The response: the action's, or the stored one of the first request with this key.

        Args:
            owner_id: `owner_of` the caller, its API key or a worker, whose idempotency keys are its own.
            action: gets the session of the transaction; what it raises undoes everything, the key too.
            status: of the response.
            digest: tells this request's content from another's, where it is not to be read whole; of its body else.
            without_key: does the same in a transaction of its own choice; called where there is no key to keep.

        Raises:
            IdempotencyConflict: a request with this key is under way.
            IdempotencyMismatch: the key came before, with another body.
        """
        if self._key is None and without_key is not None:
            return _respond(status, _body(await without_key()))
        if self._key is None:
            async with self._use.db.write() as session:
                return _respond(status, _body(await action(session)))
        digest = digest or hashlib.sha256(await self._request.body()).hexdigest()
        return await self._run_once(owner_id, self._key, action, status, digest)

    async def _run_once(self, owner_id: str, key: str, action: Action, status: int, digest: str) -> Response:
        route = f"{self._request.method} {self._request.url.path}"[:200]
        async with _alone(owner_id, route, key), self._use.db.write() as session:
            await self._lock(session, owner_id, route, key)
            stored = await session.get(IdempotencyKey, (owner_id, route, key))
            if stored is not None and stored.created_at > now() - KEPT:
                return self._replay(stored, digest)
            if stored is not None:
                await session.delete(stored)
                await session.flush()
            body = _body(await action(session))
            session.add(
                IdempotencyKey(
                    owner_id=owner_id,
                    route=route,
                    key=key,
                    request_hash=digest,
                    response_status=status,
                    response_body=self._use.cipher.seal(body),
                )
            )
        return _respond(status, body)

    async def _lock(self, session: AsyncSession, owner_id: str, route: str, key: str) -> None:
        """Against another process with the same key; SQLite has one writer at a time anyway."""
        if self._use.db.is_sqlite:
            return
        digest = hashlib.sha256(f"{owner_id}\n{route}\n{key}".encode()).digest()
        number = int.from_bytes(digest[:8], signed=True)
        if not await session.scalar(select(func.pg_try_advisory_xact_lock(number))):
            raise IdempotencyConflict("a request with this Idempotency-Key is still under way")

    def _replay(self, stored: IdempotencyKey, digest: str) -> Response:
        if not hmac.compare_digest(stored.request_hash, digest):
            raise IdempotencyMismatch("this Idempotency-Key was used before with another body")
        response = _respond(stored.response_status, self._use.cipher.open(stored.response_body))
        response.headers["Idempotency-Replayed"] = "true"
        return response


async def _once(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(max_length=MAX_CHARACTERS, min_length=1, description="Makes a repetition of the request harmless."),
    ] = None,
) -> Once:
    return Once(request, services_of(request), idempotency_key)


OnceUse = Annotated[Once, Depends(_once)]


@asynccontextmanager
async def _alone(*key: str) -> AsyncIterator[None]:
    place = (key[0], key[1], key[2])
    if place in _in_flight:
        raise IdempotencyConflict("a request with this Idempotency-Key is still under way")
    _in_flight.add(place)
    try:
        yield
    finally:
        _in_flight.discard(place)


def _body(answer: BaseModel | None) -> str:
    return "" if answer is None else answer.model_dump_json()


def _respond(status: int, body: str) -> Response:
    return Response(body or None, status, media_type="application/json" if body else None)
