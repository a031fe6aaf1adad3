"""HEAD of whatever can be got, as HTTP asks for (RFC 9110, section 9.3.2): the headers of GET without its body."""

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send


class HeadLikeGet:
    """Middleware: FastAPI's routes answer GET alone. Those that know HEAD themselves keep it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD" or "HEAD" in methods_of(scope["app"], scope):
            await self._app(scope, receive, send)
            return
        # A copy, since the server looks at its own to leave the body out.
        inner = {**scope, "method": "GET"}
        try:
            await self._app(inner, receive, send)
        finally:
            scope.update({**inner, "method": "HEAD"})  # the route, for the log


def methods_of(app: FastAPI, scope: Scope) -> frozenset[str]:
    """All methods of a path; Starlette names those of the first route that has it."""
    routes = [found.original_route for found in iter_route_contexts(app.routes)]
    there = [route for route in routes if route.matches(scope)[0] is not Match.NONE]
    return frozenset(method for route in there for method in getattr(route, "methods", None) or ())
