"""Every block of docs/quickstart.md, in order, as it stands there."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters

from tests.api.test_mcp import TOOLS
from tests.e2e.assay_up import RealStack
from tests.e2e.clients.guide import REPOSITORY, Block, Terminal, sections, terminal
from tests.sdk_typescript.installed import NEEDS_NPM, NPM, folder_alone

pytestmark = [pytest.mark.slow, pytest.mark.anyio, pytest.mark.skipif(NPM is None, reason=NEEDS_NPM)]

FOLDER = REPOSITORY / "data" / "quickstart"
_SCORED = [r"1-rocket\.jpg (rejected|retry_pending),? [12] stars", r"2-cat\.png approved,? [345] stars"]
SAID = {
    "Start": [],
    "Python": [r"job_\w+ active 50 credits held", *_SCORED, "cat", r"annotations\.jsonl", "cancelled 25 credits spent"],
    "TypeScript": [*_SCORED, r"file_\w+ [345] \w+"],
    "curl": [r"job_\w+", *['"status":"pending_score"'] * 2, '"files_approved":1', '"score":[1-5],'],
    "An agent (MCP)": ["“Cats” is active: 1 of 2", "1 files", "image/jpeg for the agent to look at"],
    "What next": [r"organization  org_\w+", r"API key       fh_live_\w+"],
}
"""What has to be printed under each heading, in this order."""


@pytest.fixture
def typed(stack: RealStack, settings: dict[str, str], tmp_path: Path) -> Iterator[Terminal]:
    shutil.rmtree(FOLDER, ignore_errors=True)
    with terminal(tmp_path, settings) as opened:
        yield opened


async def test_every_block_runs(stack: RealStack, typed: Terminal) -> None:
    guide = sections()
    assert list(guide) == list(SAID)
    _started, *guide["Start"] = guide["Start"]
    for heading, blocks in guide.items():
        assert blocks, heading
        with folder_alone() if heading == "TypeScript" else nullcontext():
            said = "".join([await _run(_filled_in(block, stack), typed) for block in blocks])
        assert re.search(".*".join(SAID[heading]), said, re.DOTALL), f"{heading} printed:\n{said}"
    for made_by in ("python", "typescript"):
        (line,) = (FOLDER / made_by / "annotations.jsonl").read_text().splitlines()
        assert {json.loads(line)["file_name"], "annotations.jsonl"} == set(os.listdir(FOLDER / made_by))
    (downloaded,) = FOLDER.glob("image-*.png")
    assert downloaded.read_bytes().startswith(b"\x89PNG")


def _filled_in(block: Block, stack: RealStack) -> Block:
    """With what a reader pastes, and with the port of the test's own stack."""
    text = block.text.replace("fh_live_…", stack.api_key).replace("wk_…", stack.worker_token)
    text = text.replace("/path/to/assay", str(REPOSITORY)).replace("http://127.0.0.1:8000", stack.url)
    assert "…" not in text
    return Block(block.language, text)


async def _run(block: Block, typed: Terminal) -> str:
    if block.language == "sh":
        return typed.run(block.text)
    if block.language == "json":
        return await _tools_of(json.loads(block.text))
    if block.language == "ts":
        (FOLDER / "cats.mjs").write_text(block.text)  # the block after it runs it
        return ""
    assert block.language == "python"
    (FOLDER / "program.py").write_text(block.text)
    return typed.run(".venv/bin/python data/quickstart/program.py")


async def _tools_of(entry: dict[str, dict[str, dict[str, str]]]) -> str:
    """An agent's own way to start a server: the command, without a shell."""
    started = StdioServerParameters.model_validate(entry["mcpServers"]["assay"])
    async with Client(started) as agent:
        assert {tool.name for tool in (await agent.list_tools()).tools} == TOOLS
    return os.path.basename(started.command)
