"""`assay mcp`: the tools for an agent on this machine, over standard input and output."""

import asyncio
from typing import Annotated

import typer

from api.mcp_server import run_stdio
from scripts.user_errors import UserError


def mcp(
    url: Annotated[str, typer.Option(envvar="ASSAY_BASE_URL", help="Where the stack runs.")] = "http://127.0.0.1:8000",
    api_key: Annotated[
        str | None, typer.Option(envvar="ASSAY_API_KEY", help="Better given by the variable.", show_default=False)
    ] = None,
) -> None:
    """Serve an agent (Claude Desktop, an IDE) with the tools of a running stack."""
    if not api_key:
        raise UserError("set ASSAY_API_KEY to the key that the agent may use")
    asyncio.run(run_stdio(url, api_key))
