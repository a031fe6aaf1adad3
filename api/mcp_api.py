"""The HTTP API as the tools call it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

import httpx
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import BaseModel

from api.files.schemas import FileResource
from api.scoring.schemas import ScoreResource

MAX_CONTENT_BYTES = 25_000_000
"""Of a file that is read here: the process that all callers share holds it several times over, as Base64 too."""
SCORE_TIMEOUT = httpx.Timeout(120, read=300)
"""A long video takes its time, and an agent that gives it up asks for the same again."""

Connect = Callable[[Context], AbstractAsyncContextManager[httpx.AsyncClient]]
"""Opens the API with the key of who is calling."""

Model = TypeVar("Model", bound=BaseModel)


class Api:
    """Calls with the caller's key. What the API refuses is a `ToolError` with its message."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect

    async def get(
        self,
        context: Context,
        path: str,
        model: type[Model],
        params: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Model:
        """A resource; parameters that are `None` are left out."""
        asked = {name: value for name, value in (params or {}).items() if value is not None}
        async with self._open(context) as http:
            return _parse(await http.get(path, params=asked, headers=headers), model)

    async def send(
        self,
        context: Context,
        path: str,
        model: type[Model],
        body: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Model:
        """The answer to a POST."""
        async with self._open(context) as http:
            return _parse(await http.post(path, json=body, headers=headers), model)

    async def score(self, context: Context, content: bytes, description: str) -> ScoreResource:
        """The score of one file."""
        async with self._open(context) as http:
            file, told = {"file": content}, {"description": description}
            answer = await http.post("/v1/score", files=file, data=told, timeout=SCORE_TIMEOUT)
            return _parse(answer, ScoreResource)

    async def content(self, context: Context, file: FileResource) -> bytes:
        """The bytes of a delivered file, unless they are too many."""
        if file.download_url is None:
            raise ToolError(f"{file.id} is not approved, so it has no content to read")
        if file.size_bytes > MAX_CONTENT_BYTES:
            told = f"{file.id} has {file.size_bytes:,} bytes, and at most {MAX_CONTENT_BYTES:,} are read here"
            raise ToolError(f"{told}: fetch its download_url, {file.download_url}")
        async with self._open(context) as http:
            request = http.build_request("GET", file.download_url)
            del request.headers["Authorization"]  # the URL is signed; a store is to see no key of ours
            answer = await http.send(request)
        if answer.is_error:
            raise ToolError(f"the store answered {answer.status_code} for {file.id}")
        return answer.content

    @asynccontextmanager
    async def _open(self, context: Context) -> AsyncIterator[httpx.AsyncClient]:
        async with self._connect(context) as http:
            try:
                yield http
            except httpx.TransportError as error:
                told = str(error) or type(error).__name__
                raise ToolError(f"{http.base_url} cannot be reached ({told}): is Assay running there?") from error


def _parse(answer: httpx.Response, model: type[Model]) -> Model:
    if answer.is_error:
        raise ToolError(_refusal(answer))
    return model.model_validate_json(answer.content)


def _refusal(answer: httpx.Response) -> str:
    """What the API says, and when it may say something else."""
    try:
        error = answer.json()["error"]
        told = f"{error['type']}: {error['message']} ({error['request_id']})"
    except (ValueError, KeyError, TypeError):
        return f"{answer.url.host} answered {answer.status_code}, and not as Assay does: is this its address?"
    wait = answer.headers.get("retry-after")
    return f"{told}, try again in {wait} s" if wait else told
