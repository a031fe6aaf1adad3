"""The app's route table, as tests that must cover every route read it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from api.auth import client, worker
from api.idempotency import _once


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path."""

    method: str
    path: str
    name: str
    caller: str
    """`client`, `worker` or `nobody`."""
    scope: str | None
    """That a client's key needs."""
    takes_idempotency_key: bool
    has_json_body: bool
    query: frozenset[str]
    """Names of the parameters of its query."""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def ids(self) -> list[str]:
        """Names of the ids in its path."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]


def routes_of(app: FastAPI) -> list[Route]:
    """Every route that the document shows."""
    shown = [context.original_route for context in iter_route_contexts(app.routes)]
    return [_read(one, method) for one in shown if _is_shown(one) for method in sorted(one.methods)]  # type: ignore[attr-defined]


def _is_shown(route: object) -> bool:
    return isinstance(route, APIRoute) and route.include_in_schema


def _read(route: APIRoute, method: str) -> Route:
    calls = list(_calls(route.dependant))
    scopes = [call.scope for call in calls if hasattr(call, "scope")]
    return Route(
        method,
        route.path,
        route.name,
        "client" if client in calls else "worker" if worker in calls else "nobody",
        scopes[0] if scopes else None,
        _once in calls,
        route.body_field is not None,
        frozenset(_query(route.dependant)),
    )


def _query(dependant: Dependant) -> Iterator[str]:
    yield from (one.alias for one in dependant.query_params)
    for one in dependant.dependencies:
        yield from _query(one)


def _calls(dependant: Dependant) -> Iterator[Any]:
    for one in dependant.dependencies:
        yield one.call
        yield from _calls(one)
