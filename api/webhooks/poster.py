"""One POST to a customer's target: to an address that was checked, within bounds of time and size."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from ipaddress import ip_address
from time import perf_counter

import httpcore
import httpx

from api.clock import now
from api.webhooks.retries import retry_after_seconds
from api.webhooks.targets import Address, ForbiddenTarget, TargetPolicy
from configs.settings import WebhookSettings

MAX_RESPONSE_BYTES = 4096
"""Of the answer's body. Nothing in it matters; it is read so that a short one ends without a reset."""
MAX_ERROR_CHARACTERS = 200

Resolver = Callable[[str, int], Awaitable[Sequence[Address]]]
"""The addresses of a name, for a port.

Raises:
    OSError: it has none.
"""

_FAULTS = (
    ForbiddenTarget, TimeoutError, OSError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an attempt."""

    status: int | None
    """Of the answer; `None` when there was none."""
    error: str | None
    """One sentence for the client; `None` after a success."""
    retry_after_seconds: float
    """What the receiver asked for; 0 for nothing."""
    duration_ms: int

    @property
    def succeeded(self) -> bool:
        """Only 2xx does. A redirect is not followed and fails."""
        return self.error is None


class Poster:
    """Makes the connections. Proxies of the environment are not used, since httpcore knows of none."""

    def __init__(
        self, settings: WebhookSettings, resolve: Resolver | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        """
        Args:
            settings: the policy and the timeouts.
            resolve: the system's resolver when absent.
            tls: whom to trust; the usual authorities, or those of `SSL_CERT_FILE`, when absent.
        """
        self._settings = settings
        self._policy = TargetPolicy.of(settings)
        self._threads = ThreadPoolExecutor(settings.concurrency, "resolve")
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or httpx.create_ssl_context(),
            max_connections=settings.concurrency,
            max_keepalive_connections=0,  # each attempt resolves and checks anew
            network_backend=_CheckedNetwork(self._policy, resolve or self._resolve),
        )

    async def post(self, url: str, headers: dict[str, str], body: bytes) -> Outcome:
        """One attempt; whatever goes wrong on the way is in its outcome."""
        started_at = perf_counter()
        try:
            async with asyncio.timeout(self._settings.total_timeout_seconds):
                status, asked_seconds = await self._exchange(self._policy.check(url), headers, body)
        except _FAULTS as fault:
            return Outcome(None, self._sentence(fault), 0.0, _elapsed_ms(started_at))
        error = None if 200 <= status < 300 else f"the endpoint answered {status}"
        return Outcome(status, error, asked_seconds, _elapsed_ms(started_at))

    async def close(self) -> None:
        """Drop the connections. It can be used again."""
        await self._pool.aclose()

    async def _exchange(self, url: httpx.URL, headers: dict[str, str], body: bytes) -> tuple[int, float]:
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        timeout = {"connect": self._settings.connect_timeout_seconds}
        sent: list[tuple[bytes | str, bytes | str]] = [("Host", url.netloc), *headers.items()]
        async with self._pool.stream(
            "POST", target, headers=sent, content=body, extensions={"timeout": timeout}
        ) as response:
            await _skim(response)
            asked = httpx.Headers(response.headers).get("Retry-After", "")
            return response.status, retry_after_seconds(asked, now())

    async def _resolve(self, host: str, port: int) -> list[Address]:
        """In threads of our own: a name server that hangs holds up nobody else's."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return [ip_address(place[4][0]) for place in found]

    def _sentence(self, fault: Exception) -> str:
        if isinstance(fault, httpcore.ConnectTimeout):
            return f"no connection within {self._settings.connect_timeout_seconds:g} s"
        if isinstance(fault, TimeoutError):
            return f"no answer within {self._settings.total_timeout_seconds:g} s"
        return (str(fault) or type(fault).__name__)[:MAX_ERROR_CHARACTERS]


class _CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Resolves a name, and connects to one of the very addresses that it judged.

    Of a mixed answer the allowed addresses are used and the others never touched; the name in TLS and in `Host` stays.
    """

    def __init__(self, policy: TargetPolicy, resolve: Resolver) -> None:
        self._policy = policy
        self._resolve = resolve
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """A connection to the first allowed address that takes one, `timeout` seconds for all of it."""
        try:
            async with asyncio.timeout(timeout):
                return await self._connect(await self._allowed(host, port), port)
        except TimeoutError:
            raise httpcore.ConnectTimeout from None

    async def _allowed(self, host: str, port: int) -> list[Address]:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("the host name does not resolve") from None
        allowed = [address for address in dict.fromkeys(addresses) if self._policy.allows(address)]
        if not allowed:
            raise ForbiddenTarget("the host name resolves to no address that is allowed")
        return allowed

    async def _connect(self, addresses: Sequence[Address], port: int) -> httpcore.AsyncNetworkStream:
        *first, last = addresses
        for address in first:
            try:
                return await self._network.connect_tcp(str(address), port)
            except httpcore.ConnectError:
                continue
        return await self._network.connect_tcp(str(last), port)


async def _skim(response: httpcore.Response) -> None:
    size_bytes = 0
    async for chunk in response.aiter_stream():
        size_bytes += len(chunk)
        if size_bytes >= MAX_RESPONSE_BYTES:
            return


def _elapsed_ms(started_at: float) -> int:
    return round((perf_counter() - started_at) * 1000)
