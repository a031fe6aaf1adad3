"""A customer's receiver: a real HTTP server on loopback that can be away, and answers as it is told."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Its port is its own from the start; a connection is refused while it is not up."""

    host: str = "127.0.0.1"
    port: int = 0
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b"ok"
    received: list[Received] = field(default_factory=list)
    hold: asyncio.Event | None = None
    """It answers once this is set, if there is one."""

    def __post_init__(self) -> None:
        self._reserve()

    def _reserve(self) -> None:
        self._socket = socket.socket(socket.AF_INET6 if ":" in self.host else socket.AF_INET)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((self.host, self.port))
        self.port = self._socket.getsockname()[1]

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}/hook"

    @property
    def ids(self) -> list[str]:
        return [request.headers["webhook-id"] for request in self.received]

    @asynccontextmanager
    async def up(self, tls: tuple[Path, Path] | None = None) -> AsyncIterator["Receiver"]:
        """Serve until the block ends; `tls` is a certificate and its key."""
        config = uvicorn.Config(
            self._answer, interface="asgi3", log_config=None, lifespan="off", timeout_graceful_shutdown=1
        )
        if tls is not None:
            config.ssl_certfile, config.ssl_keyfile = map(str, tls)
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[self._socket]))
        while not server.started:
            await asyncio.sleep(0.005)
        try:
            yield self
        finally:
            server.should_exit = True
            await serving
            self._reserve()

    def close(self) -> None:
        self._socket.close()

    async def _answer(self, scope, receive, send) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        status, answer_headers = self.status, self.headers
        query = scope["query_string"].decode()
        self.received.append(Received(scope["raw_path"].decode() + (f"?{query}" if query else ""), headers, body))
        if self.hold is not None:
            await self.hold.wait()
        raw = [(name.encode(), value.encode()) for name, value in answer_headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": self.body})


def tls_context(authority_pem: bytes) -> ssl.SSLContext:
    """Trusts this authority only."""
    return ssl.create_default_context(cadata=authority_pem.decode())
