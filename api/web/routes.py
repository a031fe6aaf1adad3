"""The pages: console, capture and operations, and the files that they are made of."""

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.errors import NotFound
from api.web.bundle import WebFile, load_bundle
from api.web.policy import PageName, file_headers, page_headers
from configs.settings import Settings

FOREVER = "public, max-age=31536000, immutable"
"""Of files whose name changes with their content."""
ASK_AGAIN = "no-cache"
"""Of all others: kept, but asked for each time, which costs an empty 304."""

_NOT_BUILT = b"""<!doctype html><meta charset="utf-8"><title>Assay</title>
<h1>The pages are not built</h1><p>Run <code>./scripts/setup</code> where Assay is installed, and start it again.
The API works without them; its documentation is at <a href="/docs">/docs</a>.</p>"""


def create_router(settings: Settings) -> APIRouter:
    """The routes of the pages. None of them is part of the API that `docs/openapi.json` describes."""
    router = APIRouter(include_in_schema=False)
    bundle = load_bundle()

    @router.get("/")
    async def home() -> Response:
        """A person who opens the server's address is a client, most likely."""
        return RedirectResponse("/console")

    @router.api_route("/assets/{name:path}", methods=["GET", "HEAD"])
    async def asset(name: str, request: Request) -> Response:
        """A script, style or picture, with a digest in its name."""
        return _file(_found(bundle, f"assets/{name}"), request, file_headers() | {"Cache-Control": FOREVER})

    @router.api_route("/icon.svg", methods=["GET", "HEAD"])
    async def icon(request: Request) -> Response:
        return _file(_found(bundle, "icon.svg"), request, file_headers() | {"Cache-Control": ASK_AGAIN})

    for page in ("console", "capture", "ops"):
        _add_page(router, settings, bundle, page)
    return router


def _add_page(router: APIRouter, settings: Settings, bundle: Mapping[str, WebFile], page: PageName) -> None:
    """A page answers at every path below its own, which its script reads; files of the build go first."""
    html = bundle.get(f"{page}.html")
    headers = page_headers(settings, page)
    beside = {"Cache-Control": ASK_AGAIN, "Service-Worker-Allowed": f"/{page}"}  # the page has no slash at its end

    @router.api_route(f"/{page}", methods=["GET", "HEAD"], name=f"{page}_page")
    @router.api_route(f"/{page}/{{path:path}}", methods=["GET", "HEAD"], name=f"{page}_place")
    async def answer(request: Request, path: str = "") -> Response:
        file = bundle.get(f"{page}/{path}")
        if file is not None:
            return _file(file, request, file_headers() | beside)
        if html is None:
            return Response(_NOT_BUILT, 503, headers, media_type="text/html")
        return _file(html, request, headers | {"Cache-Control": ASK_AGAIN})


def _found(bundle: Mapping[str, WebFile], path: str) -> WebFile:
    if path not in bundle:
        raise NotFound("there is nothing at this path")
    return bundle[path]


def _file(file: WebFile, request: Request, headers: dict[str, str]) -> Response:
    headers = headers | {"ETag": file.etag, "Vary": "Accept-Encoding"}
    if request.headers.get("If-None-Match", "").removeprefix("W/") == file.etag:
        return Response(status_code=304, headers=headers)
    encoding, content = file.best(request.headers.get("Accept-Encoding", ""))
    if encoding is not None:
        headers["Content-Encoding"] = encoding
    return Response(content, headers=headers, media_type=file.media_type)
