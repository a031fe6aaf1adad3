"""Webhook secrets, and the signatures made with them.

Two schemes sign every body: the vendor's `X-FirstHandAPI-Signature`, whose key is the whole secret as text, and
Standard Webhooks (standardwebhooks.com), whose key is the bytes behind the secret's prefix.
"""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

PREFIX = "whsec_"
SECRET_BYTES = 32


def new_secret() -> str:
    """A new secret: 256 random bits in standard base64, as Standard Webhooks writes them."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature_headers(keys: Sequence[str], event_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that prove a body.

    Args:
        keys: the secrets that sign, the newest first: the vendor's client reads the first signature only.
        event_id: the same on every attempt, so that a receiver can tell repetitions.
        timestamp: of this attempt, Unix seconds.
        body: exactly as sent.
    """
    ours = ",".join(f"v1={_hex(key, timestamp, body)}" for key in keys)
    standard = " ".join(f"v1,{_base64(key, event_id, timestamp, body)}" for key in keys)
    return {
        "X-FirstHandAPI-Signature": f"t={timestamp},{ours}",
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": standard,
    }


def _hex(secret: str, timestamp: int, body: bytes) -> str:
    return hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def _base64(secret: str, event_id: str, timestamp: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = f"{event_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
