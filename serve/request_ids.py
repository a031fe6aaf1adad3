"""The id of a request, given where it enters."""

import re

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from ulid import ULID

HEADER = "x-request-id"

_FOREIGN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""What is taken over from a client or an outer proxy; anything else could be a forged log line."""


def request_id(given: str | None) -> str:
    """The id that came with the request, if it is fit for a log, or a new one."""
    return given if given is not None and _FOREIGN_ID.fullmatch(given) else f"req_{ULID()}"


class RequestIds:
    """Middleware of Serve's HTTP proxy, around its own one, which would make ids of another form.

    That one also adds the header to responses that have it already; here it is made to stand once.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = MutableHeaders(scope=scope)
        headers[HEADER] = named = request_id(headers.get(HEADER))

        async def send_once(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(scope=message)
                del answered[HEADER]
                answered[HEADER] = named
            await send(message)

        await self._app(scope, receive, send_once)


def middlewares() -> list[Middleware]:
    """What Serve's proxy asks for when it starts (`RAY_SERVE_HTTP_PROXY_CALLBACK_IMPORT_PATH`)."""
    return [Middleware(RequestIds)]
