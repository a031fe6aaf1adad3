"""One POST: pinned to a checked address, never redirected or proxied, bounded in time and size."""

import asyncio
import ssl
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path

import pytest
import trustme

from api.webhooks.poster import MAX_RESPONSE_BYTES, Poster
from configs.settings import WebhookSettings
from tests.api.webhooks.receiver import Receiver, tls_context

pytestmark = pytest.mark.anyio

NAME = "hooks.example.com"
LOOPBACK = WebhookSettings(allow_http=True, allowed_networks=("127.0.0.1/32",))


class Answers:
    """A name server that gives one answer after the other."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int):
        self.asked.append(host)
        return [ip_address(text) for text in self._answers.pop(0)]


@pytest.fixture
def trap(receiver: Receiver) -> Iterator[Receiver]:
    """On the receiver's port at an address of loopback that is not allowed."""
    made = Receiver("127.0.0.2", receiver.port)
    yield made
    made.close()


def _url(receiver: Receiver, host: str = NAME) -> str:
    return f"http://{host}:{receiver.port}/hook?a=b"


async def _post(poster: Poster, url: str, body: bytes = b"{}"):
    return await poster.post(url, {"Content-Type": "application/json"}, body)


@pytest.mark.parametrize("status", [200, 201, 204, 299])
async def test_only_2xx_is_success(receiver, status):
    receiver.status, receiver.body = status, b""
    async with receiver.up():
        outcome = await _post(Poster(LOOPBACK), receiver.url, b'{"a":1}')
    assert (outcome.status, outcome.error, outcome.succeeded) == (status, None, True)
    (request,) = receiver.received
    assert (request.path, request.body) == ("/hook", b'{"a":1}')
    assert request.headers["host"] == f"127.0.0.1:{receiver.port}"


@pytest.mark.parametrize("status", [304, 400, 404, 410, 429, 500, 503])
async def test_everything_else_fails(receiver, status):
    receiver.status, receiver.body, receiver.headers = status, b"", {"Retry-After": "7"}
    async with receiver.up():
        outcome = await _post(Poster(LOOPBACK), receiver.url)
    assert (outcome.status, outcome.succeeded, outcome.retry_after_seconds) == (status, False, 7)
    assert outcome.error == f"the endpoint answered {status}"


@pytest.mark.parametrize("name", ["Retry-After", "retry-after", "RETRY-AFTER"])
async def test_the_case_of_a_headers_name_says_nothing(name):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 503 Busy\r\n{name}: 20\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        outcome = await _post(Poster(LOOPBACK), f"http://127.0.0.1:{port}/hook")
    assert (outcome.status, outcome.retry_after_seconds) == (503, 20)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_not_followed(receiver, trap, status):
    for location in (f"http://127.0.0.2:{trap.port}/", f"http://[::1]:{trap.port}/", receiver.url):
        receiver.status, receiver.headers = status, {"Location": location}
        async with receiver.up(), trap.up():
            outcome = await _post(Poster(LOOPBACK), receiver.url)
        assert (outcome.status, outcome.succeeded) == (status, False)
    assert len(receiver.received) == 3
    assert trap.received == []


async def test_a_name_is_connected_to_at_the_address_that_was_checked(receiver, trap):
    answers = Answers(["127.0.0.1"], ["127.0.0.2"])
    poster = Poster(LOOPBACK, answers)
    async with receiver.up(), trap.up():
        first = await _post(poster, _url(receiver))
        assert answers.asked == [NAME], "asked once: there is no second answer to be fooled by"
        second = await _post(poster, _url(receiver))
    assert first.succeeded
    assert second.error == "the host name resolves to no address that is allowed"
    (request,) = receiver.received
    assert request.headers["host"] == f"{NAME}:{receiver.port}"
    assert request.path == "/hook?a=b"
    assert trap.received == []


@pytest.mark.parametrize(
    "answer",
    [["127.0.0.2", "127.0.0.1"], ["::1", "10.0.0.1", "127.0.0.1"], ["127.0.0.1", "169.254.169.254"]],
)
async def test_of_a_mixed_answer_only_allowed_addresses_are_used(receiver, trap, answer):
    async with receiver.up(), trap.up():
        assert (await _post(Poster(LOOPBACK, Answers(answer)), _url(receiver))).succeeded
    assert len(receiver.received) == 1
    assert trap.received == []


@pytest.mark.parametrize(
    "answer",
    [
        ["127.0.0.2"],
        ["::1"],
        ["::ffff:127.0.0.2"],
        ["10.0.0.1", "fd00::1"],
        ["169.254.169.254"],
        ["64:ff9b::7f00:2"],
        [],
    ],
)
async def test_forbidden_answers_are_never_connected_to(receiver, trap, answer):
    async with trap.up():
        outcome = await _post(Poster(LOOPBACK, Answers(answer)), _url(receiver))
    assert outcome.error == "the host name resolves to no address that is allowed"
    assert outcome.status is None
    assert trap.received == []


async def test_the_next_address_is_tried_when_the_first_refuses(receiver):
    settings = LOOPBACK.model_copy(update={"allowed_networks": ("127.0.0.0/8",)})
    async with receiver.up():
        outcome = await _post(Poster(settings, Answers(["127.0.0.9", "127.0.0.1"])), _url(receiver))
    assert outcome.succeeded


@pytest.mark.parametrize("host", ["localhost", "2130706434", "0x7f000002", "127.2", "127.0.0.2"])
async def test_urls_are_checked_again_when_they_are_called(receiver, trap, host):
    """The system's resolver reads all of these as loopback; a row may be older than the operator's settings."""
    strict = WebhookSettings(allow_http=True)
    async with trap.up():
        outcome = await _post(Poster(strict), _url(receiver, host))
    assert "not allowed" in outcome.error
    assert trap.received == []


async def test_the_systems_resolver_is_judged_too(receiver):
    async with receiver.up():
        assert (await _post(Poster(LOOPBACK), _url(receiver, "localhost"))).succeeded
    refused = await _post(Poster(WebhookSettings(allow_http=True)), _url(receiver, "name.invalid"))
    assert refused.error == "the host name does not resolve"


async def test_ipv6():
    settings = WebhookSettings(allow_http=True, allowed_networks=("::1/128",))
    receiver = Receiver("::1")
    async with receiver.up():
        outcome = await _post(Poster(settings), f"http://[::1]:{receiver.port}/hook")
    receiver.close()
    assert outcome.succeeded
    assert receiver.received[0].headers["host"] == f"[::1]:{receiver.port}"


async def test_proxies_of_the_environment_are_not_used(receiver, trap, monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.2:{trap.port}")
    async with receiver.up(), trap.up():
        assert (await _post(Poster(LOOPBACK), receiver.url)).succeeded
    assert trap.received == []


async def test_a_refused_connection(receiver):
    outcome = await _post(Poster(LOOPBACK), receiver.url)
    assert outcome.status is None
    assert not outcome.succeeded
    assert outcome.error


async def test_a_receiver_that_does_not_answer_is_given_up(receiver):
    receiver.hold = asyncio.Event()
    settings = LOOPBACK.model_copy(update={"total_timeout_seconds": 0.2})
    async with receiver.up():
        outcome = await _post(Poster(settings), receiver.url)
        receiver.hold.set()
    assert (outcome.status, outcome.error) == (None, "no answer within 0.2 s")


async def test_a_name_server_that_does_not_answer_is_given_up(receiver):
    async def hang(host: str, port: int):
        await asyncio.Event().wait()

    settings = LOOPBACK.model_copy(update={"connect_timeout_seconds": 0.2})
    outcome = await _post(Poster(settings, hang), _url(receiver))
    assert outcome.error == "no connection within 0.2 s"


async def test_an_endless_answer_is_not_read_to_its_end():
    sent_bytes = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent_bytes
        await reader.readuntil(b"{}")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x" * MAX_RESPONSE_BYTES)
            sent_bytes += MAX_RESPONSE_BYTES
            try:
                await writer.drain()
            except ConnectionError:
                return

    server = await asyncio.start_server(pour, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outcome = await _post(Poster(LOOPBACK), f"http://127.0.0.1:{port}/")
    server.close()
    assert outcome.succeeded
    assert sent_bytes < 100_000_000, "it ended with the buffers of the sockets, not with the promised terabyte"


async def test_garbage_is_a_failure():
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"{}")
        writer.write(b"220 smtp.example.com ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    outcome = await _post(Poster(LOOPBACK), f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
    server.close()
    assert (outcome.status, outcome.succeeded) == (None, False)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def _certificate(authority: trustme.CA, folder: Path, name: str) -> tuple[Path, Path]:
    made = authority.issue_cert(name)
    certificate, key = folder / "cert.pem", folder / "key.pem"
    made.cert_chain_pems[0].write_to_path(certificate)
    made.private_key_pem.write_to_path(key)
    return certificate, key


async def test_tls_is_checked_against_the_name(receiver, authority, tmp_path):
    trusting = tls_context(authority.cert_pem.bytes())
    async with receiver.up(_certificate(authority, tmp_path, NAME)):
        good = await _post(Poster(LOOPBACK, Answers(["127.0.0.1"]), trusting), f"https://{NAME}:{receiver.port}/x")
        other = Poster(LOOPBACK, Answers(["127.0.0.1"]), trusting)
        wrong_name = await _post(other, f"https://evil.example.com:{receiver.port}/x")
        stranger = Poster(LOOPBACK, Answers(["127.0.0.1"]), ssl.create_default_context())
        untrusted = await _post(stranger, f"https://{NAME}:{receiver.port}/x")
    assert good.succeeded
    assert "certificate" in wrong_name.error.lower()
    assert "certificate" in untrusted.error.lower()
    assert len(receiver.received) == 1
    assert receiver.received[0].headers["host"] == f"{NAME}:{receiver.port}"
