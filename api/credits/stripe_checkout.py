"""Stripe Checkout as the payment provider.

Written against Stripe's published API and its own Python package, and tested with a local server in Stripe's place.
Stripe itself was never contacted from here: try it with a test-mode key before relying on it.
"""

import logging
from typing import TYPE_CHECKING

from api.credits.payments import Checkout, InternalProvider, Order, Payment, PaymentProvider
from api.errors import Overloaded, ValidationFailed
from configs.settings import BillingSettings, Settings

if TYPE_CHECKING:
    import stripe

log = logging.getLogger("assay.payments")

TIMEOUT_SECONDS = 20
PAID_EVENTS = ("checkout.session.completed", "checkout.session.async_payment_succeeded")


class StripeProvider:
    """The buyer pays on Stripe's page, and Stripe tells our webhook. The package loads when it is needed (0.4 s)."""

    def __init__(self, billing: BillingSettings, return_url: str) -> None:
        assert billing.stripe_secret_key is not None
        assert billing.stripe_webhook_secret is not None
        self._secret_key = billing.stripe_secret_key.get_secret_value()
        self._webhook_secret = billing.stripe_webhook_secret.get_secret_value()
        self._url = billing.stripe_url.rstrip("/")
        self._return_url = return_url

    async def begin(self, order: Order) -> Checkout:
        import stripe

        client = self._client()
        try:
            session = await client.v1.checkout.sessions.create_async(
                self._params(order), {"idempotency_key": order.once_key}
            )
        except stripe.InvalidRequestError as error:
            raise ValidationFailed(
                error.user_message or "Stripe refuses this purchase", code="payment_refused"
            ) from error
        except stripe.StripeError as error:
            log.error("stripe", extra={"error": type(error).__name__, "stripe_request_id": error.request_id})
            raise _unreachable() from error
        if session.url is None:
            raise _unreachable()
        return Checkout(session.id, session.url)

    def paid(self, body: bytes, signature: str | None) -> Payment | None:
        """The payment that a call of our webhook tells of; `None` when it tells of something else.

        Args:
            body: as it came, since that is what is signed.
            signature: the header `Stripe-Signature`.

        Raises:
            ValidationFailed: it is not from Stripe, too old, or not for what we sell.
        """
        import stripe

        try:
            event = stripe.Webhook.construct_event(body, signature, self._webhook_secret)
        except (ValueError, stripe.SignatureVerificationError):
            raise ValidationFailed("this is not signed by Stripe", code="invalid_signature") from None
        if event.type not in PAID_EVENTS:
            return None
        return _payment(event.data.object)

    def _client(self) -> "stripe.StripeClient":
        import stripe

        stripe.enable_telemetry = False
        return stripe.StripeClient(
            self._secret_key,
            base_addresses={"api": self._url},
            http_client=stripe.HTTPXClient(timeout=TIMEOUT_SECONDS),
            max_network_retries=2,
        )

    def _params(self, order: Order) -> "stripe.params.checkout.SessionCreateParams":
        facts = {"organization_id": order.organization_id, "amount_credits": str(order.amount_credits)}
        name = f"{order.amount_credits} credits"
        return {
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "usd",
                        "unit_amount": order.amount_credits,
                        "product_data": {"name": name},
                    },
                }
            ],
            "client_reference_id": order.organization_id,
            "metadata": facts,
            "success_url": self._return_url,
            "cancel_url": self._return_url,
        }


def provider_for(settings: Settings) -> PaymentProvider:
    """The one that the operator chose."""
    billing = settings.billing
    return InternalProvider() if billing.provider == "internal" else stripe_provider(settings)


def stripe_provider(settings: Settings) -> StripeProvider:
    """Stripe, where it is the one that the operator chose."""
    return StripeProvider(settings.billing, settings.billing.return_url or settings.api.url)


def _payment(session: "stripe.checkout.Session") -> Payment | None:
    """What a checkout session says; sessions of other sellers on the same account carry none of our facts."""
    facts: dict[str, str] = {} if session.metadata is None else session.metadata.to_dict()
    if session.payment_status != "paid" or "amount_credits" not in facts:
        return None
    amount_credits = int(facts["amount_credits"])
    if (session.currency, session.amount_subtotal) != ("usd", amount_credits):
        raise ValidationFailed("the amount paid is not that of the order", code="wrong_amount")
    return Payment(session.id, facts["organization_id"], amount_credits)


def _unreachable() -> Overloaded:
    return Overloaded(
        "the payment provider does not answer", code="payment_provider_unavailable", headers={"Retry-After": "30"}
    )
