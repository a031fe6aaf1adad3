"""The tools that an agent has: each is a call of the API with the caller's own key."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Annotated

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ToolError
from mcp.types import CallToolResult, ContentBlock, ImageContent, TextContent
from pydantic import BaseModel, Field, ValidationError

from api import mcp_results as results
from api.credits.schemas import BalanceResource
from api.files.schemas import FileResource
from api.jobs.schemas import JobResource
from api.mcp_api import MAX_CONTENT_BYTES, Api
from api.pages import Page
from api.scoring.schemas import ScoreResource
from api.search.schemas import SearchResult
from api.submissions.schemas import SubmissionResource, SubmissionSummary
from pipeline.brief import Requirements
from pipeline.decode_process import Decoder
from pipeline.media import ContentType, MediaError
from pipeline.media_process import ProcessKilled

Decoding = Callable[[Callable[[Decoder], bytes]], Awaitable[bytes]]
"""Runs work with the process that decodes strangers' pictures, away from the event loop."""

MAX_WAIT_SECONDS = 600
POLL_SECONDS = 20
FAILED_POLL_SECONDS = 2
"""Pause after a look that failed: a server that is started anew is back soon."""
MAX_IMAGES = 4

Description = Annotated[str, Field(min_length=10, max_length=5000, description="What a file must show.")]
Quantity = Annotated[int, Field(ge=1, le=10_000, description="Files to approve.")]
Reward = Annotated[int, Field(ge=10, le=50_000, description="Credits for each approved file.")]
Title = Annotated[str | None, Field(max_length=100, description="From the description when absent.")]
Formats = Annotated[list[str] | None, Field(description="Such as jpeg or wav; all of the content type when absent.")]
Limit = Annotated[int, Field(ge=1, le=100)]
Stars = Annotated[int, Field(ge=1, le=5)]
Images = Annotated[int, Field(ge=0, le=MAX_IMAGES, description="Small pictures to look at, of files of up to 25 MB.")]
Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
"""Anything else than an id would lead to another route, which nobody has approved."""


class Tools:
    """Every method without an underscore is a tool; its docstring is what the agent reads."""

    def __init__(self, api: Api, decoding: Decoding, *, reads_disk: bool) -> None:
        """
        Args:
            api: with the caller's key.
            decoding: runs what needs the process that decodes strangers' pictures.
            reads_disk: whether `score_file` may take a path, which it may only on the caller's own machine.
        """
        self._api = api
        self._decoding = decoding
        self._reads_disk = reads_disk

    def add_to(self, server: MCPServer) -> None:
        """Register all of them, and the files as resources."""
        for name, method in vars(type(self)).items():
            if not name.startswith("_") and name not in ("add_to", "read_file"):
                server.add_tool(getattr(self, name), name=name, description=method.__doc__)
        server.resource("assay://files/{file_id}", name="file", description=self.read_file.__doc__)(self.read_file)

    async def create_job(
        self,
        context: Context,
        description: Description,
        content_type: ContentType,
        quantity: Quantity,
        reward_per_file: Reward,
        title: Title = None,
        file_formats: Formats = None,
        min_star_rating: Stars | None = None,
        requirements: Requirements | None = None,
        idempotency_key: str | None = None,
    ) -> Annotated[CallToolResult, JobResource]:
        """Post a job for people to capture files; what it may cost is held."""
        body = {
            "description": description,
            "content_type": content_type,
            "quantity": quantity,
            "reward_per_file": reward_per_file,
            "title": title,
            "file_formats": file_formats,
            "min_star_rating": min_star_rating,
            "requirements": requirements and requirements.model_dump(mode="json", exclude_unset=True),
        }
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        job = await self._api.send(context, "/v1/jobs", JobResource, body, headers)
        return _result(job, results.tell_job(job))

    async def create_job_and_wait(
        self,
        context: Context,
        description: Description,
        content_type: ContentType,
        quantity: Quantity,
        reward_per_file: Reward,
        files: Annotated[int, Field(ge=1, le=10_000, description="Approved files to wait for.")] = 1,
        timeout_seconds: Annotated[int, Field(ge=1, le=MAX_WAIT_SECONDS)] = 300,
        title: Title = None,
        file_formats: Formats = None,
        min_star_rating: Stars | None = None,
        requirements: Requirements | None = None,
        idempotency_key: str | None = None,
    ) -> Annotated[CallToolResult, JobResource]:
        """Post a job and wait until so many files are approved, the job ends, or the time is up."""
        told = (description, content_type, quantity, reward_per_file, title, file_formats, min_star_rating)
        created = await self.create_job(context, *told, requirements, idempotency_key)
        job = JobResource.model_validate(created.structured_content)
        ends_at = monotonic() + timeout_seconds
        while job.status == "active" and job.files_approved < files and monotonic() < ends_at:
            await context.report_progress(job.files_approved, files)
            seconds = max(1, min(POLL_SECONDS, int(ends_at - monotonic())))
            try:
                job = await self._api.get(context, f"/v1/jobs/{job.id}", JobResource, {}, {"Prefer": f"wait={seconds}"})
            except (ToolError, ValidationError):  # an agent that is not told the id posts the job, and pays, again
                await asyncio.sleep(max(0.0, min(FAILED_POLL_SECONDS, ends_at - monotonic())))
        return _result(job, results.tell_job(job))

    async def get_job(self, context: Context, job_id: Id) -> Annotated[CallToolResult, JobResource]:
        """One job with its progress."""
        job = await self._api.get(context, f"/v1/jobs/{job_id}", JobResource)
        return _result(job, results.tell_job(job))

    async def list_jobs(
        self, context: Context, limit: Limit = 20, cursor: str | None = None
    ) -> Annotated[CallToolResult, Page[JobResource]]:
        """Jobs, newest first."""
        page = await self._api.get(context, "/v1/jobs", Page[JobResource], {"limit": limit, "cursor": cursor})
        return _result(page, results.tell_page("jobs", page, results.tell_job))

    async def cancel_job(self, context: Context, job_id: Id) -> Annotated[CallToolResult, JobResource]:
        """End a job; what it still holds returns."""
        job = await self._api.send(context, f"/v1/jobs/{job_id}/cancel", JobResource)
        return _result(job, results.tell_job(job))

    async def get_credits(self, context: Context) -> Annotated[CallToolResult, BalanceResource]:
        """What is available and what is held."""
        balance = await self._api.get(context, "/v1/billing/credits", BalanceResource)
        return _result(balance, f"{balance.available_credits} credits available, {balance.held_credits} held")

    async def get_job_files(
        self,
        context: Context,
        job_id: Id,
        limit: Limit = 20,
        cursor: str | None = None,
        min_score: Stars | None = None,
        images: Images = 0,
    ) -> Annotated[CallToolResult, Page[FileResource]]:
        """The approved files of a job, with their scores, annotations, download URLs and resources."""
        path, params = f"/v1/jobs/{job_id}/files", {"limit": limit, "cursor": cursor, "min_score": min_score}
        page = await self._api.get(context, path, Page[FileResource], params)
        shown = [file for file in page.data if _can_be_shown(file)][:images]
        pictures = [await self._picture(context, file) for file in shown]
        links = [results.link_to(file) for file in page.data]
        return _result(page, results.tell_page("files", page, results.tell_file), *pictures, *links)

    async def search_files(
        self, context: Context, q: Annotated[str, Field(min_length=1)], job_id: str | None = None, limit: Limit = 10
    ) -> Annotated[CallToolResult, Page[SearchResult]]:
        """Delivered files by meaning: what is seen, read or heard in them."""
        page = await self._api.get(
            context, "/v1/search", Page[SearchResult], {"q": q, "job_id": job_id, "limit": limit}
        )
        return _result(page, results.tell_page("matches", page, lambda one: results.tell_file(one.file)))

    async def list_submissions(
        self,
        context: Context,
        job_id: str | None = None,
        status: str | None = None,
        limit: Limit = 20,
        cursor: str | None = None,
    ) -> Annotated[CallToolResult, Page[SubmissionResource]]:
        """What people sent in, with scores and reasons."""
        params = {"job_id": job_id, "status": status, "limit": limit, "cursor": cursor}
        page = await self._api.get(context, "/v1/submissions", Page[SubmissionResource], params)
        return _result(page, results.tell_page("submissions", page, results.tell_submission))

    async def get_submission_summary(
        self, context: Context, job_id: str | None = None
    ) -> Annotated[CallToolResult, SubmissionSummary]:
        """Submissions counted by status and score."""
        path = "/v1/submissions/summary"
        summary = await self._api.get(context, path, SubmissionSummary, {"job_id": job_id})
        return _result(summary, results.tell_summary(summary))

    async def score_file(
        self,
        context: Context,
        description: Annotated[str, Field(min_length=1, max_length=5000)],
        content_base64: Annotated[str | None, Field(description="The file's bytes.")] = None,
        path: Annotated[str | None, Field(description="A file on your machine (stdio only).")] = None,
    ) -> Annotated[CallToolResult, ScoreResource]:
        """Score and annotate one file against a description; nothing is stored or charged."""
        content = _bytes_of(content_base64, path, reads_disk=self._reads_disk)
        score = await self._api.score(context, content, description)
        return _result(score, results.tell_score(score))

    async def read_file(self, file_id: Id, context: Context) -> bytes:
        """An approved file's content."""
        try:
            return await self._api.content(context, await self._api.get(context, f"/v1/files/{file_id}", FileResource))
        except ToolError as error:
            raise ResourceError(str(error)) from error

    async def _picture(self, context: Context, file: FileResource) -> ImageContent:
        content = await self._api.content(context, file)
        try:
            data = await self._decoding(partial(results.small_picture, content=content))
        except (MediaError, ProcessKilled) as error:
            raise ToolError(f"there is no small picture of {file.id}: {error}") from error
        return ImageContent(type="image", data=base64.b64encode(data).decode(), mime_type="image/jpeg")


def _can_be_shown(file: FileResource) -> bool:
    return file.content_type == "image" and file.size_bytes <= MAX_CONTENT_BYTES


def _bytes_of(content_base64: str | None, path: str | None, *, reads_disk: bool) -> bytes:
    if content_base64 is not None:
        return _decoded(content_base64)
    if path is None or not reads_disk:
        raise ToolError("give the file's bytes as content_base64" + (" or its path" if reads_disk else ""))
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ToolError(f"the file cannot be read: {error}") from error


def _decoded(content_base64: str) -> bytes:
    try:
        return base64.b64decode(content_base64, validate=True)
    except ValueError as error:
        raise ToolError("content_base64 is not Base64") from error


def _result(value: BaseModel, text: str, *more: ContentBlock) -> CallToolResult:
    told = TextContent(type="text", text=text)
    return CallToolResult(content=[told, *more], structured_content=value.model_dump(mode="json"))
