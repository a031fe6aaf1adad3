"""Requests per minute, by organization (or worker, or address) and class of route."""

from dataclasses import dataclass
from time import time
from typing import Literal

from fastapi import Request
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from api.errors import RateLimitExceeded
from configs.settings import LimitSettings

RouteClass = Literal["read", "write", "score", "anonymous"]


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
            "X-RateLimit-Reset": str(int(time()) + self.reset_seconds),
        }


class RateLimits:
    """Moving windows in the memory of this process: with several API replicas each has its own."""

    def __init__(self, settings: LimitSettings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._limits: dict[RouteClass, RateLimitItemPerMinute] = {
            "read": RateLimitItemPerMinute(settings.read_per_minute),
            "write": RateLimitItemPerMinute(settings.write_per_minute),
            "score": RateLimitItemPerMinute(settings.score_per_minute),
            "anonymous": RateLimitItemPerMinute(settings.anonymous_per_minute),
        }

    async def spend(self, request: Request, owner_id: str) -> None:
        """Count the request against its owner; the response will carry the headers.

        Raises:
            RateLimitExceeded: it is one too many.
        """
        request.state.owner_id = owner_id
        await self._spend(request, _route_class(request), owner_id)

    async def spend_anonymous(self, request: Request) -> None:
        """Count a request whose sender is not known against its address."""
        address = request.client.host if request.client else "unknown"
        await self._spend(request, "anonymous", address)

    async def _spend(self, request: Request, kind: RouteClass, owner: str) -> None:
        item = self._limits[kind]
        allowed = await self._limiter.hit(item, kind, owner)
        stats = await self._limiter.get_window_stats(item, kind, owner)
        window = Window(item.amount, max(0, stats.remaining), max(1, round(stats.reset_time - time())))
        request.state.rate_limit = window
        if not allowed:
            wait = {"Retry-After": str(window.reset_seconds)}
            raise RateLimitExceeded(f"more than {item.amount} {kind} requests in a minute", headers=wait)


def _route_class(request: Request) -> RouteClass:
    if request.url.path == "/v1/score":
        return "score"
    return "read" if request.method in ("GET", "HEAD") else "write"
