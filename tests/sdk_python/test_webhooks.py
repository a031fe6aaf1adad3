"""Webhooks that the server sends, verified; and those that it did not."""

import time
from collections.abc import Iterator

import pytest
from assay_sdk import Client, WebhookVerificationFailed, webhooks
from assay_sdk.types import NewWebhookEndpoint

from api.webhooks.signing import new_secret, signature_headers
from tests.sdk_python.conftest import JOB, until
from tests.sdk_python.inbox import Inbox

BODY = (
    b'{"object":"event","id":"evt_1","type":"job.completed","api_version":"v1","livemode":true,'
    b'"created_at":"2026-01-01T00:00:00.000Z","data":{"object":"job","id":"job_1","files_approved":3}}'
)
SECRET, OTHER = new_secret(), new_secret()
VENDORS = {"X-FirstHandAPI-Signature"}
STANDARD = {"webhook-id", "webhook-timestamp", "webhook-signature"}


def signed(*secrets: str, body: bytes = BODY, age_seconds: int = 0) -> dict[str, str]:
    return signature_headers(secrets or (SECRET,), "evt_1", int(time.time()) - age_seconds, body)


def only(headers: dict[str, str], names: set[str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in names}


@pytest.fixture
def endpoint(client: Client, inbox: Inbox) -> Iterator[NewWebhookEndpoint]:
    made = client.webhook_endpoints.create(url=inbox.url, events=["job.cancelled"])
    yield made
    client.webhook_endpoints.delete(made.id)


def test_what_the_server_sends(client: Client, inbox: Inbox, endpoint: NewWebhookEndpoint) -> None:
    rotated = client.webhook_endpoints.rotate_secret(endpoint.id)
    job = client.jobs.create(**JOB)
    client.jobs.cancel(job.id)
    ours = until(lambda: [one for one in inbox.received if job.id.encode() in one[1]], bool)
    headers, body = ours[0]
    for secret in (endpoint.secret, rotated.secret):
        event = webhooks.verify(body, headers, secret)
        assert (event.type, event.livemode) == ("job.cancelled", True)
        assert (event.data.object, event.data.id, event.data.status) == ("job", job.id, "cancelled")
    with pytest.raises(WebhookVerificationFailed):
        webhooks.verify(body + b" ", headers, endpoint.secret)


@pytest.mark.parametrize("form", [VENDORS, STANDARD], ids=["vendor", "standard"])
def test_either_form_is_enough(form: set[str]) -> None:
    headers = only(signed(), form)
    assert webhooks.verify(BODY, headers, SECRET).data.files_approved == 3
    assert webhooks.verify(BODY.decode(), {name.upper(): value for name, value in headers.items()}, SECRET)
    assert webhooks.verify(BODY, only(signed(OTHER, SECRET), form), SECRET).id == "evt_1"
    assert webhooks.verify(BODY, headers, [OTHER, SECRET]).id == "evt_1"


@pytest.mark.parametrize("form", [VENDORS, STANDARD], ids=["vendor", "standard"])
def test_what_is_refused(form: set[str]) -> None:
    headers = only(signed(), form)
    for body, given, secret in (
        (BODY.replace(b"3", b"4"), headers, SECRET),
        (BODY, headers, OTHER),
        (BODY, only(signed(age_seconds=400), form), SECRET),
        (BODY, only(signed(age_seconds=-400), form), SECRET),
        (BODY, {name: value[:-4] for name, value in headers.items()}, SECRET),
        (BODY, dict.fromkeys(headers, ""), SECRET),
        (BODY, dict.fromkeys(headers, "é,=v1=²"), SECRET),
        (BODY, {}, SECRET),
    ):
        with pytest.raises(WebhookVerificationFailed):
            webhooks.verify(body, given, secret)
    assert webhooks.verify(BODY, only(signed(age_seconds=400), form), SECRET, tolerance_seconds=500)


@pytest.mark.parametrize("digits", [13, 400, 5000])
def test_a_timestamp_that_is_none(digits: int) -> None:
    stamp = "9" * digits
    for headers in (
        {"X-FirstHandAPI-Signature": f"t={stamp},v1={'0' * 64}"},
        only(signed(), STANDARD) | {"webhook-timestamp": stamp},
    ):
        with pytest.raises(WebhookVerificationFailed):
            webhooks.verify(BODY, headers, SECRET, tolerance_seconds=1e12)


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("webhook-id", b"\xff"),
        ("webhook-timestamp", b"\xff"),
        ("webhook-signature", b"v1,\xff "),
        ("X-FirstHandAPI-Signature", b"v1=\xff,"),
    ],
)
def test_headers_that_are_no_text(name: str, before: bytes) -> None:
    """Servers give such bytes as lone surrogates. Behind a signature that is wrong the right one counts."""
    headers = only(signed(), VENDORS if name in VENDORS else STANDARD)
    headers[name] = before.decode(errors="surrogateescape") + headers[name]
    if b"v1" in before:
        assert webhooks.verify(BODY, headers, SECRET).id == "evt_1"
    else:
        with pytest.raises(WebhookVerificationFailed):
            webhooks.verify(BODY, headers, SECRET)


def test_a_message_id_of_another_is_refused() -> None:
    headers = only(signed(), STANDARD) | {"webhook-id": "evt_2"}
    with pytest.raises(WebhookVerificationFailed):
        webhooks.verify(BODY, headers, SECRET)


def test_a_secret_that_is_none() -> None:
    with pytest.raises(WebhookVerificationFailed, match="whsec_"):
        webhooks.verify(BODY, only(signed(), STANDARD), "whsec_???")


def test_a_signed_body_that_is_no_event() -> None:
    with pytest.raises(WebhookVerificationFailed, match="no event"):
        webhooks.verify(b"[]", signed(body=b"[]"), SECRET)


@pytest.mark.parametrize("secrets", [["the hosted service's own", SECRET], [SECRET, "the hosted service's own"]])
def test_a_secret_of_the_hosted_service_stands_beside_ours(secrets: list[str]) -> None:
    assert webhooks.verify(BODY, only(signed(), STANDARD), secrets).id == "evt_1"
    assert webhooks.verify(BODY, signed(), secrets).id == "evt_1"
