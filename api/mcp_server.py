"""Assay for agents: the tools of the Model Context Protocol, over the HTTP API.

A tool is a call of the API with the caller's own key, so scopes, limits, errors and idempotency are the API's. Over
HTTP the calls stay in the process; `assay mcp` makes them from an agent's machine.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache

import httpx
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import InputRequiredResult
from pydantic import AnyUrl

from api.mcp_api import Api, Connect
from api.mcp_tools import Decoding, Tools
from configs.settings import DecodeSettings
from pipeline.decode_process import Decoder
from pipeline.media import MIME_TYPES
from pipeline.sniff import SNIFF_BYTES, sniff

INSTRUCTIONS = (
    "Assay collects photos, recordings and videos from people, scores each file 1 to 5 stars and annotates it. "
    "Post a job with create_job (credits are held, and paid for approved files only), watch it with get_job, "
    "and read the files with get_job_files. 1 credit is 1 US cent."
)


def build_server(connect: Connect, decoding: Decoding, *, reads_disk: bool) -> MCPServer:
    """The server with all tools.

    Args:
        connect: opens the API with the caller's key.
        decoding: runs what needs the process that decodes strangers' pictures.
        reads_disk: whether `score_file` may take a path, which it may only on the caller's own machine.
    """
    server = _Server("assay", title="Assay", instructions=INSTRUCTIONS, log_level="WARNING")
    Tools(Api(connect), decoding, reads_disk=reads_disk).add_to(server)
    return server


def session_manager(connect: Connect, decoding: Decoding) -> StreamableHTTPSessionManager:
    """Serves the tools over HTTP; each request has its key in its own headers."""
    server = build_server(connect, decoding, reads_disk=False)
    # The caller is known by its key, so a page that a browser was lured to has nothing to send.
    security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    # Streams, so that progress comes through, and the pings between keep a long wait from looking dead to proxies.
    server.streamable_http_app(
        stateless_http=True,
        transport_security=security,
        max_request_body_size=sys.maxsize,  # `BodyLimit` counts, and answers in the contract's shape
    )
    return server.session_manager


async def run_stdio(url: str, api_key: str) -> None:
    """Serve an agent on standard input and output, by a stack that runs at `url`."""

    @asynccontextmanager
    async def connect(_: Context) -> AsyncIterator[httpx.AsyncClient]:
        headers = {"Authorization": f"Bearer {api_key}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=120) as client:
            yield client

    decoder = cache(lambda: Decoder(DecodeSettings()))

    async def decoding(work: Callable[[Decoder], bytes]) -> bytes:
        return await asyncio.to_thread(lambda: work(decoder()))

    try:
        await build_server(connect, decoding, reads_disk=True).run_stdio_async()
    finally:
        if decoder.cache_info().currsize:
            decoder().close()


class _Server(MCPServer):
    """Says of each file what it is; the library knows one type for all that a template stands for."""

    async def read_resource(
        self, uri: AnyUrl | str, context: Context | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        found = await super().read_resource(uri, context)
        return found if isinstance(found, InputRequiredResult) else [_typed(one) for one in found]


def _typed(one: ReadResourceContents) -> ReadResourceContents:
    assert isinstance(one.content, bytes)
    return replace(one, mime_type=MIME_TYPES[sniff(one.content[:SNIFF_BYTES])][1])
