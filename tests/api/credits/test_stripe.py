"""Purchases through Stripe, with a local server in the place of Stripe's API and events signed as Stripe signs them."""

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time
from urllib.parse import parse_qs

import pytest

from configs.settings import BillingSettings, Settings

pytestmark = pytest.mark.anyio

PURCHASE, WEBHOOK, CREDITS = "/v1/billing/credits/purchase", "/v1/billing/stripe/webhook", "/v1/billing/credits"
SECRET = "whsec_of_the_test"


class StripeStandIn(ThreadingHTTPServer):
    """Answers like Stripe's API, and keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, dict[str, str], dict[str, list[str]]]] = []
        self.status = 200
        self.answer = {
            "id": "cs_test_1", "object": "checkout.session", "url": "https://checkout.stripe.com/c/pay/cs_test_1",
        }  # fmt: skip

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: StripeStandIn

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.requests.append((self.path, dict(self.headers.items()), parse_qs(body)))
        answer = json.dumps(self.server.answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Stripe-Should-Retry", "false")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Not into the test's output."""


@pytest.fixture
def stripe_api() -> Iterator[StripeStandIn]:
    server = StripeStandIn()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def settings(settings: Settings, stripe_api: StripeStandIn) -> Settings:
    billing = BillingSettings(
        provider="stripe",
        stripe_secret_key="sk_test_local",
        stripe_webhook_secret=SECRET,
        stripe_url=stripe_api.url,
        return_url="https://menus.example/billing",
    )
    return settings.model_copy(update={"billing": billing})


def _event(organization_id: str, *, kind: str = "checkout.session.completed", **changes: object) -> bytes:
    session = {
        "id": "cs_test_1", "object": "checkout.session", "payment_status": "paid", "currency": "usd",
        "amount_subtotal": 2500, "amount_total": 2975,
        "metadata": {"organization_id": organization_id, "amount_credits": "2500"},
    } | changes  # fmt: skip
    return json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"object": session}}).encode()


def _signed(body: bytes, *, secret: str = SECRET, at: int | None = None) -> dict[str, str]:
    moment = int(time()) if at is None else at
    signature = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Stripe-Signature": f"t={moment},v1={signature}", "Content-Type": "application/json"}


async def _available(http, organization) -> int:
    return (await http.get(CREDITS, headers=organization.headers)).json()["available_credits"]


async def test_a_purchase_answers_the_checkout_and_books_nothing(http, organization, stripe_api):
    answer = await http.post(PURCHASE, headers=organization.headers, json={"amount_credits": 2500})
    assert answer.status_code == 201
    assert answer.json() == {
        "object": "credit_purchase", "id": "cs_test_1", "status": "pending", "amount_credits": 2500,
        "amount_cents": 2500, "checkout_url": stripe_api.answer["url"], "transaction": None,
    }  # fmt: skip
    path, headers, form = stripe_api.requests[0]
    assert path == "/v1/checkout/sessions"
    assert headers["Authorization"] == "Bearer sk_test_local"
    assert form == {
        "mode": ["payment"],
        "line_items[0][quantity]": ["1"],
        "line_items[0][price_data][currency]": ["usd"],
        "line_items[0][price_data][unit_amount]": ["2500"],
        "line_items[0][price_data][product_data][name]": ["2500 credits"],
        "client_reference_id": [organization.id],
        "metadata[organization_id]": [organization.id],
        "metadata[amount_credits]": ["2500"],
        "success_url": ["https://menus.example/billing"],
        "cancel_url": ["https://menus.example/billing"],
    }
    assert await _available(http, organization) == 1_000_000


async def test_stripe_knows_a_repeated_request_by_one_key(http, organization, stripe_api):
    headers = organization.headers | {"Idempotency-Key": "mine"}
    for key in (headers, headers, organization.headers):
        await http.post(PURCHASE, headers=key, json={"amount_credits": 2500})
    first, second, other = [headers["Idempotency-Key"] for _, headers, _ in stripe_api.requests]
    assert first == second != other


@pytest.mark.parametrize(
    ("status", "error", "expected"),
    [
        (400, {"type": "invalid_request_error", "message": "Amount is too small."}, (400, "payment_refused")),
        (401, {"type": "invalid_request_error", "message": "Bad key"}, (503, "payment_provider_unavailable")),
        (500, {"type": "api_error", "message": "Oops"}, (503, "payment_provider_unavailable")),
    ],
)
async def test_refusals_of_stripe(http, organization, stripe_api, status, error, expected):
    stripe_api.status, stripe_api.answer = status, {"error": error}
    answer = await http.post(PURCHASE, headers=organization.headers, json={"amount_credits": 25})
    assert (answer.status_code, answer.json()["error"]["code"]) == expected
    assert "sk_test_local" not in answer.text


async def test_a_paid_checkout_is_booked_once_however_often_it_is_told(http, organization):
    body = _event(organization.id)
    answers = await asyncio.gather(*(http.post(WEBHOOK, content=body, headers=_signed(body)) for _ in range(5)))
    late = _event(organization.id, kind="checkout.session.async_payment_succeeded")
    answers.append(await http.post(WEBHOOK, content=late, headers=_signed(late)))
    assert [(one.status_code, one.json()) for one in answers] == [(200, {"received": True})] * 6
    assert await _available(http, organization) == 1_002_500
    rows = (await http.get("/v1/billing/transactions?type=purchase", headers=organization.headers)).json()["data"]
    assert [(row["amount_credits"], row["description"]) for row in rows] == [
        (2500, "Purchase, Stripe checkout cs_test_1")
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "checkout.session.expired"},
        {"kind": "charge.succeeded"},
        {"payment_status": "unpaid"},
        {"metadata": {}},
        {"metadata": None},
    ],
)
async def test_events_that_pay_for_nothing_of_ours(http, organization, changes):
    body = _event(organization.id, **changes)
    answer = await http.post(WEBHOOK, content=body, headers=_signed(body))
    assert (answer.status_code, answer.json()) == (200, {"received": True})
    assert await _available(http, organization) == 1_000_000


@pytest.mark.parametrize(
    "changes",
    [
        {"amount_subtotal": 1},
        {"currency": "jpy"},
        {"metadata": {"organization_id": "org_x", "amount_credits": "2500"}},
    ],
)
async def test_payments_that_do_not_fit_are_refused(http, organization, changes):
    body = _event(organization.id, **changes)
    assert (await http.post(WEBHOOK, content=body, headers=_signed(body))).status_code == 400
    assert await _available(http, organization) == 1_000_000


async def test_forged_calls_are_refused(http, organization):
    body = _event(organization.id)
    for headers in (
        {},
        {"Stripe-Signature": "nonsense"},
        _signed(body, secret="whsec_another"),
        _signed(body, at=int(time()) - 3600),
        _signed(body + b" "),
    ):
        answer = await http.post(WEBHOOK, content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_signature")
    assert await _available(http, organization) == 1_000_000


async def test_an_event_is_not_read_without_end(http):
    assert (await http.post(WEBHOOK, content=b"x" * 300_000)).status_code == 413


def test_the_provider_needs_its_secrets():
    with pytest.raises(ValueError, match="stripe_webhook_secret"):
        BillingSettings(provider="stripe", stripe_secret_key="sk_test_local")
