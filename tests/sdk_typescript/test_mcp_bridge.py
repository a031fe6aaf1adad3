"""`assay-mcp`, as the tarball installs it: a real client on standard input and output, a real server over HTTP."""

import base64
import io
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.types import CallToolResult, ImageContent
from PIL import Image

from tests.api.scripted import picture
from tests.api.server import RunningServer, running
from tests.api.stores import free_ports
from tests.api.test_mcp import JOB, TOOLS
from tests.sdk_typescript.installed import NEEDS_NPM, NPM, install
from tests.sdk_typescript.session_server import SESSION, SessionServer

pytestmark = [pytest.mark.slow, pytest.mark.anyio, pytest.mark.skipif(NPM is None, reason=NEEDS_NPM)]

Bridge = Callable[..., StdioServerParameters]


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    project = tmp_path_factory.mktemp("project")
    install(project)
    assert os.listdir(project / "node_modules" / "@assay") == ["sdk"]
    return project / "node_modules" / ".bin" / "assay-mcp"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running("sqlite", tmp_path_factory.mktemp("server") / "state") as started:
        yield started


@pytest.fixture(params=["auto", "legacy"])
async def agent(request: pytest.FixtureRequest, command: Path, server: RunningServer) -> AsyncIterator[Client]:
    """Of the protocol since 2026, and of the one before it."""
    env = {"ASSAY_API_KEY": server.api_key, "ASSAY_BASE_URL": f"{server.url}/"}
    async with Client(StdioServerParameters(command=str(command), env=env), mode=request.param) as client:
        yield client


async def _call(agent: Client, tool: str, arguments: dict[str, Any], **options: Any) -> CallToolResult:
    answer = await agent.call_tool(tool, arguments, **options)
    assert isinstance(answer, CallToolResult)
    assert not answer.is_error, answer.content
    assert answer.structured_content is not None
    return answer


async def test_a_job_from_its_posting_to_its_files(
    agent: Client, server: RunningServer, request: pytest.FixtureRequest
) -> None:
    assert {tool.name for tool in (await agent.list_tools()).tools} == TOOLS
    steps: list[tuple[float, float | None]] = []

    async def note(progress: float, total: float | None, _: str | None) -> None:
        steps.append((progress, total))

    asked = JOB | {"quantity": 1, "timeout_seconds": 1}
    job = (await _call(agent, "create_job_and_wait", asked, progress_callback=note)).structured_content or {}
    assert (job["status"], set(steps)) == ("active", {(0, 1)})

    file = {"file": ("menu.png", picture(5, seed=len(request.node.name), size=(1200, 800)))}
    path = f"{server.url}/v1/jobs/{job['id']}/submissions"
    httpx.post(path, files=file, headers=server.headers).raise_for_status()
    for _ in range(100):
        found = await _call(agent, "get_job", {"job_id": job["id"]})
        if (found.structured_content or {})["status"] == "completed":
            break
    answer = await _call(agent, "get_job_files", {"job_id": job["id"], "images": 1})
    (shown,) = [one for one in answer.content if isinstance(one, ImageContent)]
    assert max(Image.open(io.BytesIO(base64.b64decode(shown.data))).size) == 512
    (delivered,) = (answer.structured_content or {})["data"]
    (blob,) = (await agent.read_resource(f"assay://files/{delivered['id']}")).contents
    assert base64.b64decode(blob.blob) == httpx.get(delivered["download_url"]).content  # type: ignore[union-attr]


async def test_a_file_of_this_machine_is_scored(agent: Client, tmp_path: Path) -> None:
    (tmp_path / "menü.png").write_bytes(picture(4) + bytes(3_000_000))
    told = {"description": "A menu", "path": str(tmp_path / "menü.png")}
    assert ((await _call(agent, "score_file", told)).structured_content or {})["score"] == 4
    with pytest.raises(MCPError, match="the file cannot be read: ENOENT"):
        await agent.call_tool("score_file", told | {"path": str(tmp_path / "none.png")})


async def test_what_the_api_refuses_is_told(agent: Client) -> None:
    answer = await agent.call_tool("get_job", {"job_id": "job_01JDZ3N8RT0000000000000000"})
    assert isinstance(answer, CallToolResult)
    assert answer.is_error
    assert "not_found" in str(answer.content)


def _refused(message: str) -> Any:
    """What a client is told while it connects comes out of its task group."""
    return pytest.RaisesGroup(pytest.RaisesExc(MCPError, match=message), flatten_subgroups=True)


async def test_a_wrong_key_is_told(command: Path, server: RunningServer) -> None:
    env = {"ASSAY_API_KEY": "fh_live_guess", "ASSAY_BASE_URL": server.url}
    with _refused(r"^ASSAY_API_KEY is not valid: .*\(req_\w+\)$"):
        async with Client(StdioServerParameters(command=str(command), env=env)):
            pass


async def test_a_server_that_is_away_is_told(command: Path) -> None:
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    env = {"ASSAY_API_KEY": "fh_live_x", "ASSAY_BASE_URL": url}
    with _refused(rf"^{url}/mcp cannot be reached \(ECONNREFUSED\): is Assay running there"):
        async with Client(StdioServerParameters(command=str(command), env=env)):
            pass


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({}, "assay-mcp: set ASSAY_API_KEY to the key that the agent may use\n"),
        ({"ASSAY_API_KEY": "k", "ASSAY_BASE_URL": "localhost:8000"}, "ASSAY_BASE_URL is not a URL: localhost:8000"),
    ],
)
def test_what_is_not_set_is_said_at_once(command: Path, env: dict[str, str], said: str) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ASSAY_")} | env
    done = subprocess.run([command], env=clean, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr


@contextmanager
def _started(command: Path, url: str) -> Iterator["subprocess.Popen[str]"]:
    env = os.environ | {"ASSAY_API_KEY": "fh_live_x", "ASSAY_BASE_URL": url}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen([command], env=env, text=True, encoding="utf-8", **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def _say(process: "subprocess.Popen[str]", method: str, **fields: Any) -> None:
    assert process.stdin is not None
    print(json.dumps({"jsonrpc": "2.0", "method": method, **fields}), file=process.stdin, flush=True)


def _hear(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    heard: dict[str, Any] = json.loads(process.stdout.readline())
    return heard


def test_a_server_with_sessions_and_streams(command: Path) -> None:
    with SessionServer().running() as server, _started(command, server.url) as process:
        _say(process, "initialize", id="a", params={"protocolVersion": "2025-06-18"})
        assert _hear(process)["result"]["protocolVersion"] == "2025-06-18"
        _say(process, "notifications/initialized")
        _say(process, "events", id=1)
        assert _hear(process)["params"] == {"data": "é\u2028x"}
        assert _hear(process) == {"jsonrpc": "2.0", "id": 1, "result": {"long": "y" * 300_000}}
        _say(process, "break", id=2)
        assert _hear(process)["method"] == "notifications/message"
        broken = _hear(process)
        assert (broken["id"], broken["error"]["code"]) == (2, -32000)
        assert broken["error"]["message"].endswith("broke off before the answer came")
        _say(process, "page", id=3)
        assert "answered 502, and not as Assay does" in _hear(process)["error"]["message"]

        _say(process, "wait", id=4)
        _say(process, "notifications/cancelled", params={"requestId": 4})
        _say(process, "events", id=5)
        assert [_hear(process)["method"], _hear(process)["id"]] == ["notifications/message", 5]  # none for 4

        assert process.stdin is not None
        process.stdin.write("no message\n")
        process.stdin.close()
        assert _hear(process)["error"]["code"] == -32700
        assert process.wait(10) == 0
    first, *others = server.asked
    assert (first[1], "mcp-session-id" in first[2], "mcp-protocol-version" in first[2]) == ("initialize", False, False)
    assert {headers["mcp-session-id"] for _, _, headers in others} == {SESSION}
    assert {headers["mcp-protocol-version"] for _, _, headers in others} == {"2025-06-18"}
    assert {headers["authorization"] for _, _, headers in server.asked} == {"Bearer fh_live_x"}
    assert [method for _, method, _ in others if "cancelled" in method] == ["notifications/cancelled"]
    assert others[-1][0] == "DELETE"


@pytest.mark.parametrize("end", ["the client closes", "the client is gone", "a signal"])
def test_it_ends_with_its_client(command: Path, end: str) -> None:
    with SessionServer().running() as server, _started(command, server.url) as process:
        _say(process, "wait", id=1)
        while not server.asked:
            time.sleep(0.02)
        assert process.stdin is not None
        assert process.stdout is not None
        begun_at = time.monotonic()
        if end == "a signal":
            process.terminate()
        else:
            process.stdin.close()
        if end == "the client is gone":
            process.stdout.close()
        assert process.wait(10) == 0
        assert time.monotonic() - begun_at < (2 if end == "a signal" else 8)  # an answer is waited for 5 s
