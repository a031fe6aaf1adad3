"""The HTTP front end: every noun's routes around one set of services."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from api import mcp_route, openapi, requests
from api.services import Services
from api.storage_local import LocalStore
from api.storage_routes import create_routes
from api.submissions.uploads import forget_abandoned
from api.web.previews import Previews
from api.web.routes import create_routes as create_pages
from api.workers.worker_turns import WorkerTurns

ROUTES = (
    "workers.worker_routes", "submissions.routes", "jobs.routes", "files.routes", "organizations.routes",
    "search.routes", "exports.routes", "scoring.routes", "workers.routes", "credits.routes", "keys.routes",
    "webhooks.routes", "operations.routes", "ops.routes", "web.sign_in", "web.gallery", "workers.sign_in",
)  # fmt: skip
"""Modules that have a `router`, the busiest first: their routes are asked in this order."""


def create_app(made: Services) -> FastAPI:
    """The app over services, which it starts and closes with itself."""
    app = FastAPI(
        title="Assay",
        version="1",
        description="Post jobs, collect files, get them scored, annotated and delivered.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    app.state.services = made
    app.state.previews = Previews(made.settings)
    app.state.worker_turns = WorkerTurns(made)
    requests.install(app)
    if isinstance(made.store, LocalStore):
        app.router.routes += create_routes(made.store)
    for module in ROUTES:
        _add(app, import_module(f"api.{module}").router)
    app.router.routes += create_pages(made.settings)
    app.state.tools = mcp_route.mount(app, made)
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    made: Services = app.state.services
    await made.start()
    await asyncio.to_thread(forget_abandoned)
    cleaning = asyncio.create_task(app.state.previews.clean())
    yield
    cleaning.cancel()
    await app.state.tools.close()
    app.state.previews.close()
    await made.close()


def _add(app: FastAPI, router: APIRouter) -> None:
    """Side by side with all others: within a router that is included, FastAPI looks for each route twice."""
    for route in router.routes:
        assert isinstance(route, APIRoute)
        route.operation_id = route.name
        app.router.routes.append(route)
