"""Bodies have limits: a megabyte, unless a route that takes files allows more before it reads, and a time to go on."""

import asyncio

from fastapi import HTTPException, Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 1 << 20
STALLED_SECONDS = 60.0
"""From one piece of a body to the next (nginx waits as long by default), however long all of it takes."""
_STATE = "max_body_bytes"


class BodyLimit:
    """Middleware: what is too long, or does not go on, is refused while it comes in, in the shape of the contract.

    FastAPI's own limit answers in plain text, also where a handler has made another answer of the error.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        announced, arrived, is_whole = _announced_bytes(scope), 0, False

        async def receive_within() -> Message:
            nonlocal arrived, is_whole
            _check(max(announced, arrived), state.get(_STATE, MAX_BODY_BYTES))
            # Behind a whole body one waits for the end of the connection, for as long as the answer takes.
            message = await receive() if is_whole else await _soon(receive)
            is_whole = is_whole or not message.get("more_body", False)
            arrived += len(message.get("body", b""))
            _check(arrived, state.get(_STATE, MAX_BODY_BYTES))
            return message

        await self._app(scope, receive_within, send)


def allow_body(request: Request, max_bytes: int | None) -> None:
    """Let the body of this request have so many bytes; `None` leaves it to who reads it."""
    setattr(request.state, _STATE, max_bytes)


async def _soon(receive: Receive) -> Message:
    try:
        async with asyncio.timeout(STALLED_SECONDS):
            return await receive()
    except TimeoutError:
        message = f"nothing more of this body came for {STALLED_SECONDS:.0f} s"
        raise HTTPException(408, message, {"Connection": "close"}) from None


def _check(size_bytes: int, max_bytes: int | None) -> None:
    if max_bytes is not None and size_bytes > max_bytes:
        raise HTTPException(413, f"this body has at most {max_bytes:,} bytes")


def _announced_bytes(scope: Scope) -> int:
    text = Headers(scope=scope).get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() else 0
