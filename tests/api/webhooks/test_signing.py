"""Signatures, checked with the vendor's function and with the package of Standard Webhooks."""

import base64
import time

import pytest
from firsthandapi import verify_webhook_signature
from standardwebhooks import Webhook, WebhookVerificationError

from api.webhooks.signing import new_secret, signature_headers

BODY = '{"text":"Grüße"}'.encode()


def _headers(*keys: str) -> dict[str, str]:
    return signature_headers(keys, "evt_1", int(time.time()), BODY)


def test_a_secret_is_what_standard_webhooks_expects():
    secret = new_secret()
    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) == 32
    assert secret != new_secret()


def test_both_schemes_verify():
    secret = new_secret()
    headers = _headers(secret)
    assert verify_webhook_signature(BODY, headers["X-FirstHandAPI-Signature"], secret)
    assert Webhook(secret).verify(BODY, headers) == {"text": "Grüße"}


def test_another_body_or_secret_does_not_verify():
    secret = new_secret()
    headers = _headers(secret)
    for body, key in ((BODY + b" ", secret), (BODY, new_secret())):
        with pytest.raises(ValueError, match="verification failed"):
            verify_webhook_signature(body, headers["X-FirstHandAPI-Signature"], key)
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body, headers)


def test_during_the_overlap_both_secrets_verify():
    new, old = new_secret(), new_secret()
    headers = _headers(new, old)
    assert Webhook(new).verify(BODY, headers)
    assert Webhook(old).verify(BODY, headers)
    stamp, first, second = headers["X-FirstHandAPI-Signature"].split(",")
    assert verify_webhook_signature(BODY, f"{stamp},{first},{second}", new)
    assert verify_webhook_signature(BODY, f"{stamp},{second}", old)
