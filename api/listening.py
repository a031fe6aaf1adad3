"""Where `assay up` listens: one socket, which it holds and lends to every replica of the API.

Serve's own HTTP proxy is a process between the clients and the API, and every request, file and answer goes through it
as messages. A cluster needs it; on one machine the API's replicas accept from the same socket instead. It outlives each
of them: who connects while a replica is replaced waits in it for the next.
"""

import asyncio
import os
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import uvicorn
from starlette.types import ASGIApp

KEEP_ALIVE_SECONDS = 75
"""How long an idle connection stays open: longer than the 60 s after which usual proxies in front drop theirs."""
POLL_SECONDS = 0.05


class AddressTaken(Exception):
    """Nobody can listen at this address."""


@contextmanager
def held_port(host: str, port: int) -> Iterator[Path]:
    """Keep an address for the replicas of this machine, for the block.

    Nobody is answered before the first replica listens: until then the system refuses connections.

    Yields:
        Where a replica of the same user can ask for the socket (`lent_socket`).

    Raises:
        AddressTaken: another program listens there, or it is not this machine's.
    """
    with (
        _bound(host, port) as held,
        tempfile.TemporaryDirectory(prefix="assay-") as folder,  # short, as the path of a socket has to be
        socket.socket(socket.AF_UNIX) as counter,
    ):
        path = Path(folder) / "port"
        counter.bind(str(path))
        counter.listen()
        lender = Thread(target=_lend, args=(counter, held), daemon=True)
        lender.start()
        try:
            yield path
        finally:
            counter.shutdown(socket.SHUT_RDWR)
            lender.join()


def lent_socket(path: Path) -> socket.socket:
    """The socket that `held_port` keeps, for this process.

    Raises:
        AddressTaken: whoever kept it has ended.
    """
    try:
        with socket.socket(socket.AF_UNIX) as asker:
            asker.connect(str(path))
            _, descriptors, _, _ = socket.recv_fds(asker, 1, 1)
    except OSError as error:
        raise AddressTaken(f"nobody lends a socket at {path}: {error.strerror}") from error
    if not descriptors:
        raise AddressTaken(f"nobody lends a socket at {path}: it is ending")
    return socket.socket(fileno=descriptors[0])


class HttpServer:
    """An app that answers on a given socket, within the running event loop."""

    def __init__(self, app: ASGIApp, stop_seconds: int) -> None:
        """
        Args:
            app: with its lifespan, which begins and ends with the server.
            stop_seconds: that requests get to end in when the server stops.
        """
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            lifespan="on",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=stop_seconds,
        )
        self._server = uvicorn.Server(config)
        self._serving: asyncio.Task[None] | None = None

    async def start(self, listener: socket.socket) -> None:
        """Returns once requests are answered.

        Raises:
            RuntimeError: the app did not start, or the socket cannot listen; the log says why.
        """
        self._serving = asyncio.create_task(self._serve(listener))
        while not self._server.started:
            self.check()
            await asyncio.sleep(POLL_SECONDS)

    def check(self) -> None:
        """
        Raises:
            RuntimeError: it does not serve any more.
        """
        if self._serving is None or self._serving.done():
            error = None if self._serving is None or self._serving.cancelled() else self._serving.exception()
            raise RuntimeError("the HTTP server has ended") from error

    async def _serve(self, listener: socket.socket) -> None:
        try:
            await self._server.serve([listener])
        except SystemExit as error:  # of an app that does not start; it would end the event loop
            raise RuntimeError("the app did not start; the log says why") from error

    async def close(self) -> None:
        """Take no more requests, and end when those under way have, or their time is over."""
        self._server.should_exit = True
        if self._serving is not None:
            await asyncio.wait([self._serving])


def _bound(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        held = socket.socket(family, kind, protocol)
    except OSError as error:
        raise AddressTaken(f"cannot listen on {host}: {error.strerror}") from error
    try:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(address)
    except OSError as error:
        held.close()
        raise AddressTaken(f"cannot listen on {host}:{port}: {os.strerror(error.errno or 0)}") from error
    return held


def _lend(counter: socket.socket, held: socket.socket) -> None:
    while True:
        try:
            asker, _ = counter.accept()
        except OSError:  # it was shut down
            return
        with asker:
            socket.send_fds(asker, [b"\0"], [held.fileno()])
