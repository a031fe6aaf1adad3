"""Routes for operators: alive, ready, counted; and the documentation."""

import asyncio
from importlib.resources import files
from pathlib import Path
from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse

from api.errors import NotFound
from api.operations.checks import check_database, check_models, check_store
from api.operations.exposition import CONTENT_TYPE, exposition
from api.services import Use
from api.wire import Wire

router = APIRouter(tags=["operations"])

_ASSETS = ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")
_STATIC = Path(str(files("fastapi_offline"))) / "static"
"""Of the package only the files are used, which are those of Swagger UI."""


class Health(Wire):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Readiness(Wire):
    """Whether each part answers; `ok`, or what is wrong."""

    status: Literal["ready", "not_ready"]
    checks: dict[str, str]


@router.get("/healthz")
async def healthz() -> Health:
    """200 while this process runs."""
    return Health()


@router.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}})
async def readyz(use: Use) -> Response:
    """200 when the database, the store and every model answer, 503 else."""
    database, store, models = await asyncio.gather(check_database(use), check_store(use), check_models(use))
    checks = {"database": database, "store": store} | {f"model:{role}": state for role, state in models.items()}
    ready = all(state == "ok" for state in checks.values())
    body = Readiness(status="ready" if ready else "not_ready", checks=checks)
    return JSONResponse(body.model_dump(), 200 if ready else 503, {} if ready else {"Retry-After": "5"})


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
async def metrics(use: Use) -> Response:
    """For Prometheus."""
    return Response(await exposition(use), media_type=CONTENT_TYPE)


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """The API, to read and to try; every asset comes from here."""
    return get_swagger_ui_html(
        openapi_url="/openapi.json",
        title=request.app.title,
        swagger_js_url=f"/docs/{_ASSETS[0]}",
        swagger_css_url=f"/docs/{_ASSETS[1]}",
        swagger_favicon_url=f"/docs/{_ASSETS[2]}",
    )


@router.get("/docs/{name}", include_in_schema=False)
async def docs_asset(name: str) -> FileResponse:
    """A script, style or icon of the documentation."""
    if name not in _ASSETS:
        raise NotFound("there is nothing at this path")
    return FileResponse(_STATIC / name, headers={"Cache-Control": "max-age=86400"})
