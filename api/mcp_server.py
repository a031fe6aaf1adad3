"""Assay for agents: the tools of the Model Context Protocol, over the HTTP API.

A tool is a call of the API with the caller's own key, so scopes, limits, errors and idempotency are the API's. Over
HTTP the calls stay in the process; `assay mcp` makes them from an agent's machine.
"""

import base64
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Annotated, Any, TypeVar

import httpx
from fastapi import FastAPI
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp.types import CallToolResult, ContentBlock, ImageContent, TextContent
from pydantic import BaseModel, Field
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from api import mcp_results as results
from api.auth import find_key
from api.credits.schemas import BalanceResource
from api.errors import AuthenticationFailed
from api.files.schemas import FileResource
from api.jobs.schemas import JobResource
from api.pages import Page
from api.scoring.schemas import ScoreResource
from api.search.schemas import SearchResult
from api.services import Services
from api.submissions.schemas import SubmissionResource, SubmissionSummary
from pipeline.media import ContentType

PATH = "/mcp"
MAX_WAIT_SECONDS = 600
POLL_SECONDS = 20
MAX_IMAGES = 4
INSTRUCTIONS = (
    "Assay collects photos, recordings and videos from people, scores each file 1 to 5 stars and annotates it. "
    "Post a job with create_job (credits are held, and paid for approved files only), watch it with get_job, "
    "and read the files with get_job_files. 1 credit is 1 US cent."
)

Connect = Callable[[Context], AbstractAsyncContextManager[httpx.AsyncClient]]
"""Opens the API for a caller."""

Model = TypeVar("Model", bound=BaseModel)
Description = Annotated[str, Field(min_length=10, max_length=5000, description="What a file must show.")]
Quantity = Annotated[int, Field(ge=1, le=10_000, description="Files to approve.")]
Reward = Annotated[int, Field(ge=10, le=50_000, description="Credits for each approved file.")]
Limit = Annotated[int, Field(ge=1, le=100)]
Stars = Annotated[int, Field(ge=1, le=5)]


def build_server(connect: Connect, *, reads_disk: bool) -> MCPServer:
    """The server with all tools.

    Args:
        connect: opens the API with the caller's key.
        reads_disk: whether `score_file` may take a path, which it may only on the caller's own machine.
    """
    server = MCPServer("assay", title="Assay", instructions=INSTRUCTIONS)
    _add_jobs(server, connect)
    _add_files(server, connect)
    _add_submissions(server, connect)
    _add_score(server, connect, reads_disk=reads_disk)
    return server


def mount(app: FastAPI, use: Services) -> Callable[[], AbstractAsyncContextManager[None]]:
    """Serve the tools at `/mcp` under the API's keys; returns what the app's lifespan has to enter."""

    @asynccontextmanager
    async def connect(context: Context) -> AsyncIterator[httpx.AsyncClient]:
        key = (context.headers or {}).get("authorization", "")
        url = use.settings.api.url
        ours = {url: httpx.ASGITransport(app)}  # what else there is, an S3 server for one, is reached by network
        async with httpx.AsyncClient(mounts=ours, base_url=url, headers={"Authorization": key}) as client:
            yield client

    server = build_server(connect, reads_disk=False)
    # The caller is known by its key, so a page that a browser was lured to has nothing to send.
    security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    server.streamable_http_app(stateless_http=True, json_response=True, transport_security=security)
    manager = server.session_manager
    app.router.routes.append(Route(PATH, _KeyGate(use, manager.handle_request), methods=["GET", "POST", "DELETE"]))
    return manager.run


async def run_stdio(url: str, api_key: str) -> None:
    """Serve an agent on standard input and output, by a stack that runs at `url`."""

    @asynccontextmanager
    async def connect(_: Context) -> AsyncIterator[httpx.AsyncClient]:
        headers = {"Authorization": f"Bearer {api_key}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=120) as client:
            yield client

    await build_server(connect, reads_disk=True).run_stdio_async()


class _KeyGate:
    """Lets only callers with a valid API key through; what the key may do is up to each route."""

    def __init__(self, use: Services, inner: Callable[[Scope, Receive, Send], Any]) -> None:
        self._use = use
        self._inner = inner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        async with self._use.db.read() as session:
            key = await find_key(session, given.removeprefix("Bearer "))
        if key is None:
            error = AuthenticationFailed("an API key is needed: Authorization: Bearer …")
            body = error.to_json(scope["state"]["request_id"])
            await JSONResponse(body, error.status, {"WWW-Authenticate": "Bearer"})(scope, receive, send)
            return
        await self._inner(scope, receive, send)


def _add_jobs(server: MCPServer, connect: Connect) -> None:
    @server.tool()
    async def create_job(
        context: Context,
        description: Description,
        content_type: ContentType,
        quantity: Quantity,
        reward_per_file: Reward,
        title: str = "",
        min_star_rating: Stars = 3,
        requirements: dict[str, Any] | None = None,
        idempotency_key: str | None = None,
    ) -> Annotated[CallToolResult, JobResource]:
        """Post a job for people to capture files; what it may cost is held."""
        body = {
            "description": description,
            "content_type": content_type,
            "quantity": quantity,
            "reward_per_file": reward_per_file,
            "title": title,
            "min_star_rating": min_star_rating,
            "requirements": requirements or {},
        }
        job = await _create(connect, context, body, idempotency_key)
        return _result(job, results.tell_job(job))

    @server.tool()
    async def create_job_and_wait(
        context: Context,
        description: Description,
        content_type: ContentType,
        quantity: Quantity,
        reward_per_file: Reward,
        files: Quantity = 1,
        timeout_seconds: Annotated[int, Field(ge=1, le=MAX_WAIT_SECONDS)] = 300,
        idempotency_key: str | None = None,
    ) -> Annotated[CallToolResult, JobResource]:
        """Post a job and wait until so many files are approved, the job ends, or the time is up."""
        body = {
            "description": description,
            "content_type": content_type,
            "quantity": quantity,
            "reward_per_file": reward_per_file,
        }
        job = await _create(connect, context, body, idempotency_key)
        ends_at = monotonic() + timeout_seconds
        while job.status == "active" and job.files_approved < files and monotonic() < ends_at:
            await context.report_progress(job.files_approved, files)
            seconds = max(1, min(POLL_SECONDS, int(ends_at - monotonic())))
            job = await _get(connect, context, f"/v1/jobs/{job.id}", JobResource, {}, {"Prefer": f"wait={seconds}"})
        return _result(job, results.tell_job(job))

    @server.tool()
    async def get_job(context: Context, job_id: str) -> Annotated[CallToolResult, JobResource]:
        """One job with its progress."""
        job = await _get(connect, context, f"/v1/jobs/{job_id}", JobResource)
        return _result(job, results.tell_job(job))

    @server.tool()
    async def list_jobs(
        context: Context, limit: Limit = 20, cursor: str | None = None
    ) -> Annotated[CallToolResult, Page[JobResource]]:
        """Jobs, newest first."""
        page = await _get(connect, context, "/v1/jobs", Page[JobResource], {"limit": limit, "cursor": cursor})
        return _result(page, results.tell_page("jobs", page, results.tell_job))

    @server.tool()
    async def cancel_job(context: Context, job_id: str) -> Annotated[CallToolResult, JobResource]:
        """End a job; what it still holds returns."""
        job = await _send(connect, context, f"/v1/jobs/{job_id}/cancel", JobResource)
        return _result(job, results.tell_job(job))

    @server.tool()
    async def get_credits(context: Context) -> Annotated[CallToolResult, BalanceResource]:
        """What is available and what is held."""
        balance = await _get(connect, context, "/v1/billing/credits", BalanceResource)
        return _result(balance, f"{balance.available_credits} credits available, {balance.held_credits} held")


def _add_files(server: MCPServer, connect: Connect) -> None:
    @server.tool()
    async def get_job_files(
        context: Context,
        job_id: str,
        limit: Limit = 20,
        cursor: str | None = None,
        min_score: Stars | None = None,
        images: Annotated[int, Field(ge=0, le=MAX_IMAGES, description="Small pictures to look at.")] = 0,
    ) -> Annotated[CallToolResult, Page[FileResource]]:
        """The approved files of a job, with their scores, annotations and download URLs."""
        path, params = f"/v1/jobs/{job_id}/files", {"limit": limit, "cursor": cursor, "min_score": min_score}
        page = await _get(connect, context, path, Page[FileResource], params)
        shown = [file for file in page.data if file.content_type == "image"][:images]
        pictures = [await _picture(connect, context, file) for file in shown]
        return _result(page, results.tell_page("files", page, results.tell_file), *pictures)

    @server.tool()
    async def search_files(
        context: Context, q: Annotated[str, Field(min_length=1)], job_id: str | None = None, limit: Limit = 10
    ) -> Annotated[CallToolResult, Page[SearchResult]]:
        """Delivered files by meaning: what is seen, read or heard in them."""
        page = await _get(
            connect, context, "/v1/search", Page[SearchResult], {"q": q, "job_id": job_id, "limit": limit}
        )
        return _result(page, results.tell_page("matches", page, lambda one: results.tell_file(one.file)))

    @server.resource("assay://files/{file_id}", name="file", description="An approved file's content.")
    async def file(file_id: str, context: Context) -> bytes:
        try:
            found = await _get(connect, context, f"/v1/files/{file_id}", FileResource)
            return await _content(connect, context, found)
        except ToolError as error:
            raise ResourceError(str(error)) from error


def _add_submissions(server: MCPServer, connect: Connect) -> None:
    @server.tool()
    async def list_submissions(
        context: Context,
        job_id: str | None = None,
        status: str | None = None,
        limit: Limit = 20,
        cursor: str | None = None,
    ) -> Annotated[CallToolResult, Page[SubmissionResource]]:
        """What people sent in, with scores and reasons."""
        params = {"job_id": job_id, "status": status, "limit": limit, "cursor": cursor}
        page = await _get(connect, context, "/v1/submissions", Page[SubmissionResource], params)
        return _result(page, results.tell_page("submissions", page, results.tell_submission))

    @server.tool()
    async def get_submission_summary(
        context: Context, job_id: str | None = None
    ) -> Annotated[CallToolResult, SubmissionSummary]:
        """Submissions counted by status and score."""
        path = "/v1/submissions/summary"
        summary = await _get(connect, context, path, SubmissionSummary, {"job_id": job_id})
        return _result(summary, results.tell_summary(summary))


def _add_score(server: MCPServer, connect: Connect, *, reads_disk: bool) -> None:
    @server.tool()
    async def score_file(
        context: Context,
        description: Annotated[str, Field(min_length=1, max_length=5000)],
        content_base64: Annotated[str | None, Field(description="The file's bytes.")] = None,
        path: Annotated[str | None, Field(description="A file on your machine (stdio only).")] = None,
    ) -> Annotated[CallToolResult, ScoreResource]:
        """Score and annotate one file against a description; nothing is stored or charged."""
        content = _bytes_of(content_base64, path, reads_disk=reads_disk)
        async with connect(context) as api:
            answer = await api.post("/v1/score", files={"file": content}, data={"description": description})
        score = _parse(answer, ScoreResource)
        return _result(score, results.tell_score(score))


def _bytes_of(content_base64: str | None, path: str | None, *, reads_disk: bool) -> bytes:
    if content_base64 is not None:
        return base64.b64decode(content_base64)
    if path is None or not reads_disk:
        raise ToolError("give the file's bytes as content_base64" + (" or its path" if reads_disk else ""))
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ToolError(f"the file cannot be read: {error}") from error


async def _create(connect: Connect, context: Context, body: dict[str, Any], key: str | None) -> JobResource:
    return await _send(connect, context, "/v1/jobs", JobResource, body, {"Idempotency-Key": key} if key else {})


async def _get(
    connect: Connect,
    context: Context,
    path: str,
    model: type[Model],
    params: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Model:
    asked = {name: value for name, value in (params or {}).items() if value is not None}
    async with connect(context) as api:
        return _parse(await api.get(path, params=asked, headers=headers), model)


async def _send(
    connect: Connect,
    context: Context,
    path: str,
    model: type[Model],
    body: dict[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> Model:
    async with connect(context) as api:
        return _parse(await api.post(path, json=body, headers=headers), model)


def _parse(answer: httpx.Response, model: type[Model]) -> Model:
    """The resource.

    Raises:
        ToolError: the API refused; the message is its own.
    """
    if answer.is_error:
        error = answer.json()["error"]
        raise ToolError(f"{error['type']}: {error['message']} ({error['request_id']})")
    return model.model_validate_json(answer.content)


async def _content(connect: Connect, context: Context, file: FileResource) -> bytes:
    if file.download_url is None:
        raise ToolError(f"{file.id} is not approved, so it has no content to read")
    async with connect(context) as api:
        request = api.build_request("GET", file.download_url)
        del request.headers["Authorization"]  # the URL is signed; a store is to see no key of ours
        return (await api.send(request)).raise_for_status().content


async def _picture(connect: Connect, context: Context, file: FileResource) -> ImageContent:
    data = results.small_picture(await _content(connect, context, file))
    return ImageContent(type="image", data=base64.b64encode(data).decode(), mime_type="image/jpeg")


def _result(value: BaseModel, text: str, *more: ContentBlock) -> CallToolResult:
    told = TextContent(type="text", text=text)
    return CallToolResult(content=[told, *more], structured_content=value.model_dump(mode="json"))
