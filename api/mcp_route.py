"""`/mcp`: the tools for agents, under the API's keys.

Their library takes seconds to import, most of what starting an API process would cost, so it is loaded with the first
call that has a key.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import httpx
from fastapi import FastAPI
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api.auth import find_key
from api.body_limit import allow_body
from api.errors import AuthenticationFailed
from api.services import Services

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

PATH = "/mcp"
MAX_BODY_BYTES = 24 * 1024**2
"""Of a message: a file of 17 MB fits in, as Base64; longer ones are for the API."""


def mount(app: FastAPI, use: Services) -> "AgentTools":
    """Serve the tools; the app closes what is returned when it ends."""
    tools = AgentTools(app, use)
    app.router.routes.append(Route(PATH, tools, methods=["GET", "POST", "DELETE"]))
    return tools


class AgentTools:
    """Lets only callers with a valid API key through; what the key may do is up to each route."""

    def __init__(self, app: FastAPI, use: Services) -> None:
        self._app = app
        self._use = use
        self._loaded: asyncio.Future[StreamableHTTPSessionManager] | None = None
        self._sessions: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        async with self._use.db.read() as session:
            key = await find_key(session, token.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise AuthenticationFailed("an API key is needed: Authorization: Bearer …")
        self._use.limits.spend(request, key.organization_id)
        request.state.key_id = key.id
        allow_body(request, MAX_BODY_BYTES)
        await (await self._manager()).handle_request(scope, receive, send)

    async def close(self) -> None:
        """End the sessions that are open."""
        self._closing.set()
        if self._sessions is not None:
            await self._sessions

    async def _manager(self) -> "StreamableHTTPSessionManager":
        if self._loaded is None:
            self._loaded = asyncio.get_running_loop().create_future()
            self._sessions = asyncio.create_task(self._serve(self._loaded))
        return await asyncio.shield(self._loaded)

    async def _serve(self, loaded: "asyncio.Future[StreamableHTTPSessionManager]") -> None:
        """Hold the sessions in a task of their own: they have to end in the one in which they began."""
        try:
            manager = await asyncio.to_thread(self._load)
        except Exception as error:  # noqa: BLE001  the calls that wait for it raise it, and the next one tries again
            self._loaded = None
            loaded.set_exception(error)
            return
        async with manager.run():
            loaded.set_result(manager)
            await self._closing.wait()

    def _load(self) -> "StreamableHTTPSessionManager":
        from api.mcp_server import session_manager

        return session_manager(self._connect, self._app.state.previews.decoding)

    @asynccontextmanager
    async def _connect(self, context: "Context") -> AsyncIterator[httpx.AsyncClient]:
        key = (context.headers or {}).get("authorization", "")
        url = self._use.settings.api.url
        # What else there is, an S3 server for one, is reached by network.
        ours = {url: httpx.ASGITransport(self._app, raise_app_exceptions=False)}
        async with httpx.AsyncClient(mounts=ours, base_url=url, headers={"Authorization": key}) as client:
            yield client
