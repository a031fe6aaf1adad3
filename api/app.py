"""The HTTP front end: every noun's routes around one set of services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from api import openapi, requests
from api.services import Services

NOUNS = (
    "jobs", "submissions", "files", "workers", "credits", "keys", "webhooks", "organizations", "exports", "search",
    "scoring", "operations",
)  # fmt: skip
"""Packages whose module `routes` has a `router`."""


def create_app(made: Services) -> FastAPI:
    """The app over services that are started and closed by whoever made them."""
    app = FastAPI(
        title="Assay",
        version="1",
        description="Post jobs, collect files, get them scored, annotated and delivered.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=_lifespan,
        generate_unique_id_function=_operation_id,
    )
    app.state.services = made
    requests.install(app)
    for noun in NOUNS:
        router: APIRouter = import_module(f"api.{noun}.routes").router
        app.include_router(router)
    app.openapi = lambda: openapi.describe(app)  # type: ignore[method-assign]  # FastAPI's documented way
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield


def _operation_id(route: APIRoute) -> str:
    return route.name
