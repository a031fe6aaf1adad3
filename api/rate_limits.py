"""Requests per minute, by organization (or worker, or address) and class of route."""

from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from time import monotonic, time
from typing import Literal

from fastapi import Request
from starlette.types import Scope

from api.errors import RateLimitExceeded
from configs.settings import LimitSettings

RouteClass = Literal["read", "write", "score", "anonymous"]

PERIOD_SECONDS = 60.0
NOBODY = "unknown"


@dataclass(frozen=True, slots=True)
class Window:
    """What the rate-limit headers of a response say."""

    limit: int
    remaining: int
    reset_seconds: int
    """Until the next request counts as none."""

    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(ceil(time()) + self.reset_seconds),
        }


class MovingWindow:
    """The requests of the last minute, by owner.

    Our own, since the one of the `limits` package changes threads once for every known owner after each request.
    """

    def __init__(self, limit: int, clock: Callable[[], float] = monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._times: OrderedDict[str, deque[float]] = OrderedDict()
        """When each owner's requests were, oldest first; the owner who was quiet for longest comes first."""

    def spend(self, owner: str) -> tuple[bool, Window]:
        """Count a request, unless it is one too many; whether it is not, and what is left."""
        now = self._clock()
        self._forget_before(now - PERIOD_SECONDS)
        times = self._times.setdefault(owner, deque())
        while times and times[0] <= now - PERIOD_SECONDS:
            times.popleft()
        if allowed := len(times) < self._limit:
            times.append(now)
            self._times.move_to_end(owner)
        return allowed, self._window(times, now)

    def left(self, owner: str) -> Window:
        """What is left, without counting anything."""
        now = self._clock()
        return self._window([moment for moment in self._times.get(owner, ()) if moment > now - PERIOD_SECONDS], now)

    def _window(self, times: Sequence[float], now: float) -> Window:
        waits = max(1, ceil(times[0] + PERIOD_SECONDS - now)) if times else ceil(PERIOD_SECONDS)
        return Window(self._limit, self._limit - len(times), waits)

    def _forget_before(self, moment: float) -> None:
        """Owners who come no more take no memory; each is looked at once in its silence."""
        while self._times:
            owner, times = next(iter(self._times.items()))
            if times and times[-1] > moment:
                return
            del self._times[owner]


class RateLimits:
    """Moving windows in the memory of this process: with several API replicas each has its own."""

    def __init__(self, settings: LimitSettings) -> None:
        self._windows: dict[RouteClass, MovingWindow] = {
            "read": MovingWindow(settings.read_per_minute),
            "write": MovingWindow(settings.write_per_minute),
            "score": MovingWindow(settings.score_per_minute),
            "anonymous": MovingWindow(settings.anonymous_per_minute),
        }

    def spend(self, request: Request, owner_id: str) -> None:
        """Count the request against its owner; the response will carry the headers.

        Raises:
            RateLimitExceeded: it is one too many.
        """
        request.state.owner_id = owner_id
        self._spend(request, _route_class(request), owner_id)

    def spend_anonymous(self, request: Request) -> None:
        """Count a request whose sender is not known against its address."""
        self._spend(request, "anonymous", request.client.host if request.client else NOBODY)

    def left(self, scope: Scope) -> Window:
        """What a request that counted against nobody may tell: what is left for its address."""
        address = scope["client"][0] if scope.get("client") else NOBODY
        return self._windows["anonymous"].left(address)

    def _spend(self, request: Request, kind: RouteClass, owner: str) -> None:
        allowed, window = self._windows[kind].spend(owner)
        request.state.rate_limit = window
        if not allowed:
            wait = {"Retry-After": str(window.reset_seconds)}
            raise RateLimitExceeded(f"more than {window.limit} {kind} requests in a minute", headers=wait)


def _route_class(request: Request) -> RouteClass:
    if request.url.path == "/v1/score":
        return "score"
    # What an agent's call does counts besides, as the request that it makes.
    return "read" if request.method in ("GET", "HEAD") or request.url.path == "/mcp" else "write"
