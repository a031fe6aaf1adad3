"""A TCP proxy that does to requests what networks and overloaded servers do."""

import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from urllib.parse import urlsplit

_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: closing sends a reset."""
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CONNECTION = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)


@dataclass
class Exchange:
    """One request on its way: what came, and the ways on."""

    request: bytes
    client: socket.socket
    forward: Callable[[], bytes]
    """Sends it to the server; the whole response."""


Fault = Callable[[Exchange], None]


def passing(exchange: Exchange) -> None:
    """Nothing is wrong."""
    exchange.client.sendall(exchange.forward())


def reset_before(exchange: Exchange) -> None:
    """The request is lost: the server never sees it."""
    exchange.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def reset_after(exchange: Exchange) -> None:
    """The answer is lost: the server has done what it was asked for."""
    exchange.forward()
    reset_before(exchange)


def answering(status: int, retry_after: str | None = None, *, after: bool = False) -> Fault:
    """The proxy answers by itself: instead of the server, or although the server has done its work."""

    def fault(exchange: Exchange) -> None:
        if after:
            exchange.forward()
        told = f"Retry-After: {retry_after}\r\n" if retry_after is not None else ""
        head = f"HTTP/1.1 {status} Fault\r\n{told}Content-Length: 5\r\nConnection: close\r\n\r\n"
        exchange.client.sendall(head.encode() + b"fault")

    return fault


def cut_after(body_bytes: int) -> Fault:
    """The connection ends within the body of the answer."""

    def fault(exchange: Exchange) -> None:
        response = exchange.forward()
        exchange.client.sendall(response[: response.index(b"\r\n\r\n") + 4 + body_bytes])

    return fault


def corrupting(exchange: Exchange) -> None:
    """A bit of the answer's body is another."""
    response = bytearray(exchange.forward())
    response[-1] ^= 1
    exchange.client.sendall(response)


def slow(pause_seconds: float, parts: int = 4) -> Fault:
    """The answer comes in parts with pauses before each."""

    def fault(exchange: Exchange) -> None:
        response = exchange.forward()
        size = max(1, len(response) // parts + 1)
        for start in range(0, len(response), size):
            time.sleep(pause_seconds)
            exchange.client.sendall(response[start : start + size])

    return fault


@dataclass
class _Plan:
    pattern: re.Pattern[str]
    faults: list[Fault] = field(default_factory=list)


class FaultProxy:
    """Listens on loopback, one request per connection. Requests that no plan names pass."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.seen: list[str] = []
        """First lines of the requests that came, without their queries: `POST /v1/jobs`."""
        self._server: tuple[str, int] | None = None
        self._plans: list[_Plan] = []
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> "FaultProxy":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def connect(self, server_url: str) -> None:
        """Where requests go on to."""
        parts = urlsplit(server_url)
        assert parts.hostname is not None
        assert parts.port is not None
        self._server = (parts.hostname, parts.port)

    @contextmanager
    def faults(self, pattern: str, *faults: Fault) -> Iterator[list[str]]:
        """Do these to the first requests whose first line matches; the block gets the lines that come meanwhile."""
        plan = _Plan(re.compile(pattern), list(faults))
        with self._lock:
            self._plans.append(plan)
            seen: list[str] = []
            self.seen = seen
        try:
            yield seen
        finally:
            with self._lock:
                self._plans.remove(plan)
        assert not plan.faults, f"{len(plan.faults)} faults for {pattern} never came to pass: {seen}"

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            try:
                request = _read_request(client)
                if request:
                    self._fault(request)(Exchange(request, client, lambda: self._forward(request)))
            except ConnectionError:  # the client has given up
                return

    def _fault(self, request: bytes) -> Fault:
        line = re.sub(r"\?\S*", "", request.split(b"\r\n", 1)[0].decode()).removesuffix(" HTTP/1.1")
        with self._lock:
            self.seen.append(line)
            for plan in self._plans:
                if plan.faults and plan.pattern.search(line):
                    return plan.faults.pop(0)
        return passing

    def _forward(self, request: bytes) -> bytes:
        assert self._server is not None
        head, _, body = request.partition(b"\r\n\r\n")
        with socket.create_connection(self._server) as upstream:
            upstream.sendall(_CONNECTION.sub(b"", head) + b"\r\nConnection: close\r\n\r\n" + body)
            return _read_all(upstream)


def _read_request(client: socket.socket) -> bytes:
    """Head and body; nothing when the client opened a connection and left."""
    content = b""
    while b"\r\n\r\n" not in content:
        part = client.recv(65536)
        if not part:
            return b""
        content += part
    head, _, _ = content.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    whole = len(head) + 4 + (int(length.group(1)) if length else 0)
    while len(content) < whole:
        part = client.recv(65536)
        if not part:
            return b""
        content += part
    return content


def _read_all(upstream: socket.socket) -> bytes:
    content = bytearray()
    while part := upstream.recv(65536):
        content += part
    return bytes(content)
