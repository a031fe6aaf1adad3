"""Which targets a webhook may be sent to: nothing but public addresses, unless the operator allows a network.

An address is judged twice: when the client writes it literally into a URL, and, for every name, each time that it is
resolved for a delivery. What is judged is what is connected to, so a name that changes its answer gains nothing.
"""

import re
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

from configs.settings import WebhookSettings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

NAT64 = IPv6Network("64:ff9b::/96")
"""Addresses in which a translator reads an IPv4 address (RFC 6052)."""
GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All of IPv6 that is given out; the rest is loopback, local, multicast, compatible forms, or reserved."""
_NOT_PUBLIC: tuple[Network, ...] = (
    IPv4Network("192.88.99.0/24"),  # relays of 6to4, withdrawn by RFC 7526
    IPv4Network("168.63.129.16/32"),  # the host agent of every Azure machine
    IPv6Network("2001::/32"),  # Teredo, which tunnels to an IPv4 address
    IPv6Network("2002::/16"),  # 6to4, likewise
)
"""What `ipaddress` calls global, in some version of Python, and is not."""

_LOCALHOST: tuple[Address, ...] = (IPv4Address("127.0.0.1"), IPv6Address("::1"))
_NAME = re.compile(r"(?=.{1,253}$)(?!-)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


class ForbiddenTarget(Exception):
    """A URL or address that no webhook is sent to. The message tells a client why, and nothing about our network."""


@dataclass(frozen=True, slots=True)
class TargetPolicy:
    """What the operator allows."""

    allow_http: bool
    """Whether the scheme may be http."""
    networks: tuple[Network, ...]
    """Allowed although they are not public."""

    @classmethod
    def of(cls, settings: WebhookSettings) -> "TargetPolicy":
        """The policy of the settings.

        Raises:
            ValueError: one of the networks is not in CIDR form.
        """
        return cls(settings.allow_http, tuple(ip_network(text) for text in settings.allowed_networks))

    def check(self, text: str) -> httpx.URL:
        """The URL, parsed as it will be called, if nothing in it is forbidden. Names are not resolved here.

        Raises:
            ForbiddenTarget: it is no URL of ours, or it spells out a forbidden address.
        """
        url = _parse(text)
        if url.scheme != "https" and not (self.allow_http and url.scheme == "http"):
            raise ForbiddenTarget("the URL has to start with https://")
        if url.userinfo:
            raise ForbiddenTarget("the URL must not contain a user name or password")
        spelled = spelled_addresses(url.host)
        if spelled and not any(map(self.allows, spelled)):
            raise ForbiddenTarget("private, loopback and other special addresses are not allowed")
        if not spelled and not _NAME.fullmatch(_host(url).removesuffix(".")):
            raise ForbiddenTarget("the URL has no valid host name")
        return url

    def allows(self, address: Address) -> bool:
        """Whether a connection to this address may be made."""
        reached = _reached(address)
        return _is_public(reached) or any(address in network or reached in network for network in self.networks)


def spelled_addresses(host: str) -> tuple[Address, ...]:
    """The addresses that a host stands for without any name server; none for a name.

    Whatever the system's resolver reads as an IPv4 address counts: `2130706433`, `0x7f.1`, `0177.0.0.1`.
    """
    host = host.lower().removesuffix(".")
    if host == "localhost" or host.endswith(".localhost"):
        return _LOCALHOST
    try:
        return (ip_address(host),)
    except ValueError:
        pass
    try:
        return (IPv4Address(socket.inet_aton(host)),)
    except (OSError, UnicodeEncodeError):
        return ()


def _parse(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
        host = url.host  # decoded when it is asked for
    except (httpx.InvalidURL, UnicodeError):
        raise ForbiddenTarget("this is not a valid URL") from None
    if not host:
        raise ForbiddenTarget("the URL has no valid host name")
    if url.port is not None and not 0 < url.port < 65536:
        raise ForbiddenTarget("the URL's port is out of range")
    return url


def _host(url: httpx.URL) -> str:
    """As it goes to the resolver: ASCII, lower case."""
    return url.raw_host.decode("ascii")


def _reached(address: Address) -> Address:
    """Where packets to this address end up, as far as its form tells."""
    if not isinstance(address, IPv6Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in NAT64 else address


def _is_public(address: Address) -> bool:
    if not address.is_global or address.is_multicast or any(address in network for network in _NOT_PUBLIC):
        return False
    return isinstance(address, IPv4Address) or address in GLOBAL_UNICAST
