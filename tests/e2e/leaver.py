"""The control of the test without a way out: somebody who tries, in each way there is."""

import socket
from collections.abc import Callable
from contextlib import suppress


def _tcp() -> None:
    socket.create_connection(("198.51.100.1", 443), timeout=1)


def _tcp_over_ipv6() -> None:
    socket.create_connection(("2001:db8::1", 443), timeout=1)


def _datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"usage", ("198.51.100.1", 8125))


def _multicast() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"who is there", ("224.0.0.251", 5353))


def _name() -> None:
    socket.getaddrinfo("telemetry.example.com", 443)


def _loopback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()


WAYS: dict[str, Callable[[], None]] = {
    "tcp": _tcp,
    "tcp6": _tcp_over_ipv6,
    "datagram": _datagram,
    "multicast": _multicast,
    "name": _name,
    "loopback": _loopback,
}


def main(way: str) -> None:
    """Try one of `WAYS`."""
    with suppress(OSError):
        WAYS[way]()
