"""Routes that FastAPI has nothing to check of."""

from starlette.routing import Match, Route
from starlette.types import Scope


class PlainRoute(Route):
    """Starlette's own, which the log and the counters call by its path like all others."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child_scope = super().matches(scope)
        return match, {**child_scope, "route": self}
