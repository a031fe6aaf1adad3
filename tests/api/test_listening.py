"""One socket for all replicas of a machine: who ends leaves the others, and those who wait, their connections."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Lifespan

from api.body_limit import BodyLimit
from api.listening import AddressTaken, HttpServer, held_port, lent_socket
from tests.api.stores import free_ports

pytestmark = pytest.mark.anyio

HOST = "127.0.0.1"


class Shop:
    """An app that says its name, and can be kept busy."""

    def __init__(self, name: str, lifespan: Lifespan[Starlette] | None = None) -> None:
        self._name = name
        self.begun, self.go_on = asyncio.Event(), asyncio.Event()
        routes = [Route("/name", self._tell), Route("/slow", self._wait)]
        self.server = HttpServer(Starlette(routes=routes, lifespan=lifespan), stop_seconds=5)

    async def _tell(self, _request: Request) -> PlainTextResponse:
        return PlainTextResponse(self._name)

    async def _wait(self, request: Request) -> PlainTextResponse:
        self.begun.set()
        await self.go_on.wait()
        return await self._tell(request)


@pytest.fixture
def url(port: int) -> str:
    return f"http://{HOST}:{port}"


@pytest.fixture
def port() -> int:
    return free_ports(1)[0]


async def _get(url: str) -> str:
    async with httpx.AsyncClient(timeout=10) as client:
        return (await client.get(url)).text


async def test_nobody_waits_before_the_first_replica_listens(url: str, port: int) -> None:
    with held_port(HOST, port), pytest.raises(httpx.ConnectError):
        await _get(f"{url}/name")


async def test_replicas_share_it_and_who_connects_between_two_waits_for_the_next(url: str, port: int) -> None:
    with held_port(HOST, port) as path:
        first, second = Shop("first"), Shop("second")
        await first.server.start(lent_socket(path))
        assert await _get(f"{url}/name") == "first"
        await second.server.start(lent_socket(path))
        await first.server.close()
        assert await _get(f"{url}/name") == "second"
        await second.server.close()
        waiting = asyncio.create_task(_get(f"{url}/name"))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        third = Shop("third")
        await third.server.start(lent_socket(path))
        assert await waiting == "third"
        await third.server.close()


async def test_what_is_under_way_is_answered_before_it_ends(url: str, port: int) -> None:
    with held_port(HOST, port) as path:
        shop = Shop("busy")
        await shop.server.start(lent_socket(path))
        asked = asyncio.create_task(_get(f"{url}/slow"))
        await shop.begun.wait()
        ending = asyncio.create_task(shop.server.close())
        await asyncio.sleep(0.2)
        assert not ending.done()
        shop.go_on.set()
        assert await asked == "busy"
        await ending


async def test_a_server_that_has_ended_says_so(port: int) -> None:
    with held_port(HOST, port) as path:
        shop = Shop("one")
        with pytest.raises(RuntimeError, match="has ended"):
            shop.server.check()
        await shop.server.start(lent_socket(path))
        shop.server.check()
        await shop.server.close()
        with pytest.raises(RuntimeError, match="has ended"):
            shop.server.check()


@asynccontextmanager
async def _no_start(_app: Starlette) -> AsyncIterator[None]:
    raise OSError("the database is away")
    yield


async def test_an_app_that_does_not_start_is_told_of(port: int) -> None:
    with held_port(HOST, port) as path, pytest.raises(RuntimeError, match="has ended"):
        await Shop("none", _no_start).server.start(lent_socket(path))


def _another_program(port: int) -> socket.socket:
    return socket.create_server((HOST, port))


@pytest.mark.parametrize("host", [HOST, "192.0.2.1", "no-such-host.invalid"])
def test_an_address_that_cannot_be_had_is_named(host: str, port: int) -> None:
    with _another_program(port), pytest.raises(AddressTaken, match=f"cannot listen on {host}"), held_port(host, port):
        pass


def test_the_address_is_free_again_at_once(port: int) -> None:
    for _ in range(2):
        with held_port(HOST, port) as path:
            listener = lent_socket(path)
            listener.listen()
            socket.create_connection((HOST, port)).close()
            listener.close()


def test_nothing_is_lent_once_the_holder_has_ended(port: int) -> None:
    with held_port(HOST, port) as path:
        pass
    with pytest.raises(AddressTaken, match="nobody lends"):
        lent_socket(path)


def test_only_its_user_can_ask(port: int) -> None:
    with held_port(HOST, port) as path:
        assert path.parent.stat().st_mode & 0o077 == 0


async def test_a_connection_whose_body_stops_is_closed(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.body_limit.STALLED_SECONDS", 0.2)

    async def read(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(await request.body())))

    app = Starlette(routes=[Route("/", read, methods=["POST"])], middleware=[Middleware(BodyLimit)])
    server = HttpServer(app, stop_seconds=5)
    with held_port(HOST, port) as path:
        await server.start(lent_socket(path))
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc")
        async with asyncio.timeout(5):
            answer = await reader.read()  # to the end of the connection
        writer.close()
        await server.close()
    assert answer.startswith(b"HTTP/1.1 408 ")
