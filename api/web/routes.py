"""The pages: console, capture and operations, and the files that they are made of."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.errors import NotFound
from api.plain_route import PlainRoute
from api.web.bundle import WebFile, load_bundle
from api.web.policy import PAGES, PageName, file_headers, page_headers
from configs.settings import Settings

FOREVER = "public, max-age=31536000, immutable"
"""Of files whose name changes with their content."""
ASK_AGAIN = "no-cache"
"""Of all others: kept, but asked for each time, which costs an empty 304."""

_NOT_BUILT = b"""<!doctype html><meta charset="utf-8"><title>Assay</title>
<h1>The pages are not built</h1><p>Run <code>./scripts/setup</code> where Assay is installed, and start it again.
The API works without them; its documentation is at <a href="/docs">/docs</a>.</p>"""


def create_routes(settings: Settings) -> list[PlainRoute]:
    """Of the pages, which are no part of the API: as Starlette's own, since FastAPI has nothing to check."""
    bundle = load_bundle()

    async def home(request: Request) -> Response:
        """A person who opens the server's address is a client, most likely."""
        return RedirectResponse("/console")

    async def asset(request: Request) -> Response:
        """A script, style or picture, with a digest in its name."""
        file = _found(bundle, f"assets/{request.path_params['name']}")
        return _file(file, request, file_headers() | {"Cache-Control": FOREVER})

    async def icon(request: Request) -> Response:
        return _file(_found(bundle, "icon.svg"), request, file_headers() | {"Cache-Control": ASK_AGAIN})

    pages = [route for page in PAGES for route in _page(settings, bundle, page)]
    return [PlainRoute("/", home), PlainRoute("/assets/{name:path}", asset), PlainRoute("/icon.svg", icon), *pages]


def _page(settings: Settings, bundle: Mapping[str, WebFile], page: PageName) -> list[PlainRoute]:
    """A page answers at every path below its own, which its script reads; files of the build go first."""
    html = bundle.get(f"{page}.html")
    headers = page_headers(settings, page)
    beside = {"Cache-Control": ASK_AGAIN, "Service-Worker-Allowed": f"/{page}"}  # the page has no slash at its end

    async def answer(request: Request) -> Response:
        file = bundle.get(f"{page}/{request.path_params.get('path', '')}")
        if file is not None:
            return _file(file, request, file_headers() | beside)
        if html is None:
            return Response(_NOT_BUILT, 503, headers, media_type="text/html")
        return _file(html, request, headers | {"Cache-Control": ASK_AGAIN})

    return [PlainRoute(f"/{page}", answer), PlainRoute(f"/{page}/{{path:path}}", answer)]


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
