"""Around every request: its id, the log line, the headers of the contract, and errors in its shape."""

import logging
import re
from time import perf_counter

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.body_limit import BodyLimit
from api.errors import (
    BY_STATUS,
    ApiError,
    InternalError,
    NotFound,
    Overloaded,
    RateLimitExceeded,
    UnsupportedMediaType,
    ValidationFailed,
)
from api.head import HeadLikeGet, methods_of
from api.metrics import REQUEST_SECONDS
from api.outage import DatabaseAway
from api.rate_limits import Window
from api.services import Services
from api.storage import StoreUnavailable
from pipeline.media_process import ProcessKilled
from serve.request_ids import HEADER, request_id

log = logging.getLogger("assay.request")

MAX_FIELD_CHARACTERS = 100
_OF_PYDANTIC = re.compile(r"constrained-str|\[key\]|(?:literal|list|dict|nullable|function-\w+)\[.*", re.DOTALL)
"""What a location names beside fields: branches of a union and validators."""
AWAY_RETRY_SECONDS = 2
"""What clients are told to wait; a Postgres that was killed is back in about that time."""

_SEEN_BY_PAGES = (
    HEADER, "Retry-After", "Idempotency-Replayed", "Content-Range",
    "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
)  # fmt: skip
"""Headers that browsers would keep from the pages of another origin."""


class RequestScope:
    """Middleware: gives the request its id, and the response the headers that every one has."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started_at = perf_counter()
        use: Services = scope["app"].state.services
        use.requests_under_way += 1
        state = scope.setdefault("state", {})
        state["request_id"] = request_id(Headers(scope=scope).get(HEADER))
        status = 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _add_headers(MutableHeaders(scope=message), scope)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            use.requests_under_way -= 1
            _tell(scope, status, perf_counter() - started_at)


class FaultAnswer:
    """Middleware: a fault of ours is answered like any other error, and the connection lives on.

    Starlette's own answers outside of all middleware and raises the fault again, at which the server hangs up.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        has_begun = False

        async def send_noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._app(scope, receive, send_noting)
        except Exception as fault:
            if scope["type"] != "http" or has_begun:
                raise
            request = Request(scope)
            log.error("fault", exc_info=fault, extra={"request_id": request.state.request_id})
            error = InternalError("something went wrong on our side; the request id names it")
            await _answer(request, error)(scope, receive, send)


def install(app: FastAPI) -> None:
    """Make the app answer every error in the shape of the contract."""
    app.add_middleware(BodyLimit)
    app.add_middleware(HeadLikeGet)
    app.add_middleware(FaultAnswer)
    _let_pages_in(app)
    app.add_middleware(RequestScope)
    app.add_exception_handler(ApiError, _on_api_error)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(DatabaseAway, _on_database_away)
    app.add_exception_handler(StoreUnavailable, _on_store_away)
    app.add_exception_handler(ProcessKilled, _on_process_killed)
    app.add_exception_handler(ClientDisconnect, _on_client_gone)


def _let_pages_in(app: FastAPI) -> None:
    """Pages of the configured origins may call every route, the signed URLs of the local store among them.

    Credentials are never asked for: a page of elsewhere sends its token itself, and our cookie stays with our own.
    """
    use: Services = app.state.services
    if use.settings.api.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=use.settings.api.cors_origins,
            allow_methods=("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"),
            allow_headers=("*",),
            expose_headers=_SEEN_BY_PAGES,
        )


def _add_headers(headers: MutableHeaders, scope: Scope) -> None:
    state = scope["state"]
    headers["X-Request-Id"] = state["request_id"]
    headers.setdefault("X-Content-Type-Options", "nosniff")
    use: Services = scope["app"].state.services
    window: Window = state.get("rate_limit") or use.limits.left(scope)
    for name, value in window.headers().items():
        headers.setdefault(name, value)


def _tell(scope: Scope, status: int, seconds: float) -> None:
    route = getattr(scope.get("route"), "path", "none")
    REQUEST_SECONDS.labels(scope["method"], route, str(status)).observe(seconds)
    state = scope["state"]
    extra = {
        "request_id": state["request_id"],
        "method": scope["method"],
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1000, 1),
        "organization_id": state.get("owner_id"),
        "key_id": state.get("key_id"),
        "address": scope["client"][0] if scope.get("client") else None,
    }
    log.info("request", extra=extra)


async def _on_api_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ApiError)
    return await _answer_counted(request, error)


async def _on_invalid(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    if _has_another_type(error):
        kind = request.headers.get("content-type", "")[:MAX_FIELD_CHARACTERS]
        return await _answer_counted(request, UnsupportedMediaType(f"send application/json, not {kind or 'no type'}"))
    details = [{"field": _field(fault["loc"]), "message": fault["msg"]} for fault in error.errors()]
    first = details[0] if details else {"field": "body", "message": "this request is not valid"}
    message = f"{first['field']}: {first['message']}"
    return await _answer_counted(request, ValidationFailed(message, param=first["field"], details=details))


async def _on_http_exception(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    kind = BY_STATUS.get(error.status_code, ValidationFailed if error.status_code < 500 else InternalError)
    message = "there is nothing at this path" if kind is NotFound else str(error.detail)
    code = "method_not_allowed" if error.status_code == 405 else None
    headers = {"Allow": ", ".join(sorted(_allowed(request)))} if error.status_code == 405 else dict(error.headers or {})
    answer = kind(message, code=code, headers=headers)
    return _answer(request, answer) if error.status_code in (404, 405) else await _answer_counted(request, answer)


async def _on_database_away(request: Request, error: Exception) -> JSONResponse:
    """Nothing was done, or it was done and could not be told: an `Idempotency-Key` makes the repetition harmless."""
    log.warning("database does not answer", extra={"request_id": request.state.request_id, "error": str(error)})
    headers = {"Retry-After": str(AWAY_RETRY_SECONDS)}
    return _answer(request, Overloaded("the database does not answer at the moment", headers=headers))


async def _on_store_away(request: Request, error: Exception) -> JSONResponse:
    """What it said stays in the log: it may name keys."""
    log.warning("store does not answer", extra={"request_id": request.state.request_id, "error": str(error)})
    headers = {"Retry-After": str(AWAY_RETRY_SECONDS)}
    return _answer(request, Overloaded("the object store does not answer at the moment", headers=headers))


async def _on_process_killed(request: Request, error: Exception) -> JSONResponse:
    log.warning("process killed", extra={"request_id": request.state.request_id, "error": str(error)})
    headers = {"Retry-After": str(AWAY_RETRY_SECONDS)}
    message = "this machine is short of memory at the moment"
    return _answer(request, Overloaded(message, code="out_of_memory", headers=headers))


async def _on_client_gone(request: Request, error: Exception) -> JSONResponse:
    """Nobody reads the answer, but the log and the counters have it."""
    return _answer(request, ValidationFailed("the upload broke off"))


async def _answer_counted(request: Request, error: ApiError) -> JSONResponse:
    """Requests of nobody known are counted by address, so that keys cannot be guessed at leisure.

    A body that cannot be read counts so too: it is parsed before the key is looked at.
    """
    use: Services = request.app.state.services
    try:
        if not hasattr(request.state, "rate_limit"):
            use.limits.spend_anonymous(request)
    except RateLimitExceeded as limited:
        return _answer(request, limited)
    return _answer(request, error)


def _allowed(request: Request) -> frozenset[str]:
    known = methods_of(request.app, request.scope)
    return known | {"HEAD"} if "GET" in known else known


def _has_another_type(error: RequestValidationError) -> bool:
    """Whether there is a body that was not even parsed, since it is not said to be JSON."""
    return isinstance(error.body, bytes) and any(fault["loc"] == ("body",) for fault in error.errors())


def _answer(request: Request, error: ApiError) -> JSONResponse:
    return JSONResponse(error.to_json(request.state.request_id), error.status, error.headers)


def _field(location: tuple[int | str, ...]) -> str:
    """Names of fields come from the client: a lone surrogate among them could not be sent back."""
    where, *rest = (part for part in location if not (isinstance(part, str) and _OF_PYDANTIC.fullmatch(part)))
    name = ".".join(map(str, rest)) if rest and isinstance(rest[0], str) else str(where)  # a number: of a character
    return name[:MAX_FIELD_CHARACTERS].encode(errors="replace").decode()
