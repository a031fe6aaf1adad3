"""A real MCP client, over HTTP and over standard input and output, against a real server process."""

import base64
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, ImageContent, ResourceLink, TextContent
from PIL import Image

from api.files.schemas import FileResource
from api.mcp_api import MAX_CONTENT_BYTES, Api
from api.mcp_results import small_picture
from configs.settings import DecodeSettings
from pipeline.decode_process import Decoder
from pipeline.media import MediaError
from tests.api.faulty import FAULT
from tests.api.scripted import picture
from tests.api.server import RunningServer, running
from tests.api.stores import free_ports
from tests.sdk_python.proxy import FaultProxy, answering, reset_before

pytestmark = pytest.mark.anyio

TOOLS = {
    "create_job", "create_job_and_wait", "get_job", "list_jobs", "get_job_files", "cancel_job", "get_credits",
    "list_submissions", "get_submission_summary", "search_files", "score_file",
}  # fmt: skip
JOB = {
    "description": "Photos of coffee shop menus", "content_type": "image", "quantity": 2, "reward_per_file": 20,
}  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    folder = tmp_path_factory.mktemp("server") / "state"
    with running("sqlite", folder, TEST_ENGINE="tests.api.faulty:FaultyEngine") as started:
        yield started


@pytest.fixture(params=["http", "stdio"])
async def agent(request: pytest.FixtureRequest, server: RunningServer) -> AsyncIterator[Client]:
    async with AsyncExitStack() as stack:
        if request.param == "http":
            http = await stack.enter_async_context(httpx2.AsyncClient(headers=server.headers, timeout=60))
            transport: Any = streamable_http_client(f"{server.url}/mcp", http_client=http)
        else:
            transport = _on_standard_input(server.api_key, server.url)
        yield await stack.enter_async_context(Client(transport))


def _on_standard_input(api_key: str, url: str) -> StdioServerParameters:
    keyed = os.environ | {"ASSAY_API_KEY": api_key, "ASSAY_BASE_URL": url}
    return StdioServerParameters(command=sys.executable, args=["-m", "scripts.cli", "mcp"], env=keyed)


async def _call(agent: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    answer = await agent.call_tool(tool, arguments)
    assert isinstance(answer, CallToolResult)
    assert not answer.is_error, answer.content
    told = answer.content[0]
    assert isinstance(told, TextContent)
    assert 0 < len(told.text) < 2000
    assert answer.structured_content is not None
    return answer.structured_content


def _bring(server: RunningServer, job_id: str, content: bytes) -> None:
    path = f"{server.url}/v1/jobs/{job_id}/submissions"
    httpx.post(path, files={"file": ("menu.png", content)}, headers=server.headers).raise_for_status()


async def test_every_tool_is_there_with_the_type_of_its_result(agent: Client) -> None:
    listed = (await agent.list_tools()).tools
    assert {tool.name for tool in listed} == TOOLS
    assert all(tool.description and tool.output_schema for tool in listed)


async def test_an_agent_posts_a_job_waits_and_reads_its_files(
    agent: Client, server: RunningServer, request: pytest.FixtureRequest
) -> None:
    key = request.node.callspec.id
    job = await _call(agent, "create_job", **JOB, idempotency_key=key)
    assert (await _call(agent, "create_job", **JOB, idempotency_key=key))["id"] == job["id"]
    seeds = (1, 2) if key == "http" else (3, 4)
    for seed in seeds:
        _bring(server, job["id"], picture(5, seed=seed, size=(1200, 800)))
    for _ in range(100):
        if (await _call(agent, "get_job", job_id=job["id"]))["status"] == "completed":
            break
    assert (await _call(agent, "get_submission_summary", job_id=job["id"]))["by_status"]["approved"] == 2
    assert len((await _call(agent, "list_submissions", job_id=job["id"]))["data"]) == 2

    answer = await agent.call_tool("get_job_files", {"job_id": job["id"], "images": 1})
    assert isinstance(answer, CallToolResult)
    (shown,) = [one for one in answer.content if isinstance(one, ImageContent)]
    assert max(Image.open(io.BytesIO(base64.b64decode(shown.data))).size) == 512
    assert answer.structured_content is not None
    file = answer.structured_content["data"][0]
    assert file["annotations"]["ocr_text"] == "MENU"
    content = await agent.read_resource(f"assay://files/{file['id']}")
    (blob,) = content.contents
    assert blob.mime_type == file["mime_type"] == "image/png"
    links = {one.uri: one.name for one in answer.content if isinstance(one, ResourceLink)}
    assert links[f"assay://files/{file['id']}"] == file["filename"]
    assert len(links) == 2
    assert base64.b64decode(blob.blob) == httpx.get(file["download_url"]).content  # type: ignore[union-attr]
    assert (await _call(agent, "search_files", q="menu", job_id=job["id"]))["data"][0]["file"]["job_id"] == job["id"]
    assert job["id"] in {one["id"] for one in (await _call(agent, "list_jobs"))["data"]}


async def test_waiting_ends_with_its_time_and_cancelling_returns_the_credits(agent: Client) -> None:
    before = await _call(agent, "get_credits")
    steps: list[tuple[float, float | None]] = []

    async def note(progress: float, total: float | None, _: str | None) -> None:
        steps.append((progress, total))

    wishes = {"title": "Menus", "file_formats": ["png"], "requirements": {"min_width": 800}}
    asked = {**JOB, **wishes, "files": 1, "timeout_seconds": 1}
    answer = await agent.call_tool("create_job_and_wait", asked, progress_callback=note)
    assert isinstance(answer, CallToolResult)
    job = answer.structured_content or {}
    assert (job["status"], job["files_approved"], set(steps)) == ("active", 0, {(0, 1)})
    assert (job["title"], job["file_formats"], job["requirements"]["min_width"]) == ("Menus", ["png"], 800)
    assert (await _call(agent, "cancel_job", job_id=job["id"]))["status"] == "cancelled"
    after = await _call(agent, "get_credits")
    assert after["available_credits"] == before["available_credits"]


async def test_a_job_is_told_although_nobody_answers_for_it(server: RunningServer) -> None:
    with FaultProxy() as proxy:
        proxy.connect(server.url)
        async with Client(_on_standard_input(server.api_key, proxy.url)) as agent:
            with proxy.faults("GET /v1/jobs/", reset_before, answering(503)) as seen:
                job = await _call(agent, "create_job_and_wait", **JOB, timeout_seconds=3)
            assert (job["status"], job["quantity"]) == ("active", 2)
            assert [line.split()[0] for line in seen][:3] == ["POST", "GET", "GET"]
            assert seen.count("POST /v1/jobs") == 1
            assert (await _call(agent, "get_job", job_id=job["id"]))["id"] == job["id"]


async def test_one_file_is_scored(agent: Client, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    content = base64.b64encode(picture(4) + bytes(5_000_000)).decode()  # as long as a phone's photo
    assert (await _call(agent, "score_file", description="A menu", content_base64=content))["score"] == 4
    (tmp_path / "menu.png").write_bytes(picture(2))
    by_path = await agent.call_tool("score_file", {"description": "A menu", "path": str(tmp_path / "menu.png")})
    assert isinstance(by_path, CallToolResult)
    assert bool(by_path.is_error) == (request.node.callspec.id == "http")  # a server's disk is none of an agent's


async def test_what_the_api_refuses_is_told(agent: Client) -> None:
    answer = await agent.call_tool("get_job", {"job_id": "job_01JDZ3N8RT0000000000000000"})
    assert isinstance(answer, CallToolResult)
    assert answer.is_error
    assert "not_found" in str(answer.content)


async def test_what_is_no_id_leads_nowhere(agent: Client, server: RunningServer) -> None:
    key = httpx.post(f"{server.url}/v1/api_keys", json={"name": "CI"}, headers=server.headers).json()
    for wrong in (f"../api_keys/{key['id']}/revoke?x=", f"..%2Fapi_keys%2F{key['id']}%2Frevoke", "..", "", "job_1/x"):
        for tool in ("get_job", "cancel_job", "get_job_files"):
            answer = await agent.call_tool(tool, {"job_id": wrong})
            assert isinstance(answer, CallToolResult)
            assert answer.is_error
            assert "job_id" in str(answer.content)
    with pytest.raises(MCPError, match="Error creating resource"):
        await agent.read_resource("assay://files/file_1%3Fx=")
    its_own = {"Authorization": f"Bearer {key['key']}"}
    assert httpx.get(f"{server.url}/v1/jobs", headers=its_own).status_code == 200


async def test_a_fault_of_ours_is_told_with_its_request(agent: Client) -> None:
    content = base64.b64encode(picture(4)).decode()
    answer = await agent.call_tool("score_file", {"description": FAULT, "content_base64": content})
    assert isinstance(answer, CallToolResult)
    assert answer.is_error
    assert re.search(r"internal_error: something went wrong on our side.* \(req_\w+\)", str(answer.content))


def _api(asked: list[httpx.Request]) -> Api:
    """One that notes what it is asked, and answers nothing of use."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(418)

    @asynccontextmanager
    async def connect(_: Context) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(base_url="http://assay.test", transport=httpx.MockTransport(answer)) as client:
            yield client

    return Api(connect)


async def test_a_long_file_is_left_to_its_url() -> None:
    asked: list[httpx.Request] = []
    url = "http://store.test/clip.mp4?signature=1"
    file = FileResource.model_construct(id="file_1", size_bytes=MAX_CONTENT_BYTES + 1, download_url=url)
    with pytest.raises(ToolError, match=f"25,000,001 bytes.*{re.escape(url)}"):
        await _api(asked).content(Context(), file)
    assert asked == []


async def test_a_score_is_waited_for() -> None:
    asked: list[httpx.Request] = []
    with pytest.raises(ToolError, match="answered 418"):
        await _api(asked).score(Context(), b"clip", "A menu")
    assert asked[0].extensions["timeout"]["read"] == 300


@pytest.mark.parametrize(
    ("key", "away", "told"),
    [
        ("fh_live_guess", False, "authentication_error: this API key is unknown"),
        ("fh_live_guess", True, "cannot be reached (All connection attempts failed): is Assay running there?"),
    ],
)
async def test_on_standard_input_what_is_wrong_is_told(server: RunningServer, key: str, away: bool, told: str) -> None:
    url = f"http://127.0.0.1:{free_ports(1)[0]}" if away else server.url
    async with Client(_on_standard_input(key, url)) as agent:
        answer = await agent.call_tool("get_credits", {})
        assert isinstance(answer, CallToolResult)
        assert answer.is_error
        assert told in str(answer.content)
        with pytest.raises(MCPError, match=re.escape(told)):
            await agent.read_resource("assay://files/file_01JDZ3N8RT0000000000000000")


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer fh_live_guess"}])
async def test_nobody_gets_in_without_a_key(server: RunningServer, headers: dict[str, str]) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    accepts = {"Accept": "application/json, text/event-stream"}
    answer = httpx.post(f"{server.url}/mcp", content=json.dumps(body), headers=headers | accepts)
    assert (answer.status_code, answer.json()["error"]["type"]) == (401, "authentication_error")


async def test_the_scheme_is_the_same_in_every_case(server: RunningServer) -> None:
    headers = {"Authorization": server.headers["Authorization"].replace("Bearer", "bearer")}
    answer = httpx.post(f"{server.url}/mcp", content="no message", headers=headers)
    assert answer.status_code not in (200, 401)


@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
async def test_what_is_too_long_is_refused_as_everywhere(server: RunningServer, version: str) -> None:
    headers = {"Accept": "application/json, text/event-stream", "MCP-Protocol-Version": version}
    answer = httpx.post(f"{server.url}/mcp", content=bytes(25_200_000), headers=server.headers | headers, timeout=60)
    assert (answer.status_code, answer.json()["error"]["type"]) == (413, "payload_too_large")


def test_the_library_is_not_loaded_before_it_is_called() -> None:
    """It would be most of what starting an API process takes."""
    command = [sys.executable, "-c", "import sys, api.app; print('mcp' in sys.modules)"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "False"


def test_pictures_are_decoded_in_a_process_with_limits() -> None:
    """A stranger's picture that is over them takes no memory of the API's; others become small."""
    with Decoder(DecodeSettings(max_image_pixels=2_000_000)) as decoder:
        small = small_picture(decoder, picture(5, size=(1200, 800)))
        assert Image.open(io.BytesIO(small)).size == (512, 341)
        with pytest.raises(MediaError):
            small_picture(decoder, picture(5, size=(2000, 1500)))
