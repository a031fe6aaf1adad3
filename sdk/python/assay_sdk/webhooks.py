"""Checking that a webhook is from the server that knows the endpoint's secret.

Every request carries two signatures of the raw body, and either is enough: the Standard Webhooks trio
(`webhook-id`, `webhook-timestamp`, `webhook-signature`, see standardwebhooks.com) and `X-FirstHandAPI-Signature` of
the hosted service.
"""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pydantic import ValidationError

from assay_sdk.errors import WebhookVerificationFailed
from assay_sdk.types.webhooks import WebhookEvent

__all__ = ["TOLERANCE_SECONDS", "verify"]

TOLERANCE_SECONDS = 300
"""How far the clocks may be apart; every attempt is signed anew."""

_PREFIX = "whsec_"
_LONGEST_TIMESTAMP = 12
"""Digits, of the next 30,000 years; a number of thousands of them is more than `int` or a comparison takes."""


@dataclass(frozen=True, slots=True)
class _Claim:
    """What one form of signature says, and what it would have to be for a secret."""

    timestamp: str
    signatures: Sequence[str]
    expected: Callable[[str], str | None]


def verify(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str | Sequence[str],
    tolerance_seconds: float = TOLERANCE_SECONDS,
) -> WebhookEvent:
    """The event of a request to your endpoint, once it is proved.

    Args:
        body: exactly as received; parsed and written again it would be another.
        headers: of the request, in any case.
        secret: of the endpoint (`whsec_…`), or several that may have signed, for example during a rotation.
        tolerance_seconds: how old the signature may be, and how far ahead.

    Raises:
        WebhookVerificationFailed: no signature is right, or it is too old.
    """
    content = _bytes(body) if isinstance(body, str) else body
    secrets = [secret] if isinstance(secret, str) else list(secret)
    claims = list(_claims(content, {name.lower(): value for name, value in headers.items()}))
    if not claims:
        raise WebhookVerificationFailed("the request has no signature")
    if all(claim.expected(secret) is None for claim in claims for secret in secrets):
        raise WebhookVerificationFailed("this secret is not one of ours: whsec_ and base64")
    if not any(_holds(claim, secrets, tolerance_seconds) for claim in claims):
        raise WebhookVerificationFailed("no signature of the request is right and recent")
    return _event(content)


def _claims(body: bytes, headers: Mapping[str, str]) -> Iterator[_Claim]:
    if "webhook-signature" in headers:
        message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        versions = (one.partition(",") for one in headers["webhook-signature"].split())
        signatures = [signature for version, _, signature in versions if version == "v1"]
        signed = _bytes(f"{message_id}.{timestamp}.") + body
        yield _Claim(timestamp, signatures, lambda secret: _standard(secret, signed))
    if "x-firsthandapi-signature" in headers:
        pairs = [one.strip().partition("=") for one in headers["x-firsthandapi-signature"].split(",")]
        stamp = next((value for name, _, value in pairs if name == "t"), "")
        hexes = [value for name, _, value in pairs if name == "v1"]
        yield _Claim(stamp, hexes, lambda secret: _vendors(secret, f"{stamp}.".encode() + body))


def _holds(claim: _Claim, secrets: Sequence[str], tolerance_seconds: float) -> bool:
    if not (claim.timestamp.isascii() and claim.timestamp.isdigit() and len(claim.timestamp) <= _LONGEST_TIMESTAMP):
        return False
    if abs(time.time() - int(claim.timestamp)) > tolerance_seconds:
        return False
    expected = [one.encode() for one in map(claim.expected, secrets) if one is not None]
    return any(hmac.compare_digest(one, _bytes(given)) for one in expected for given in claim.signatures)


def _bytes(text: str) -> bytes:
    """As it came: servers give bytes that are no text as lone surrogates."""
    return text.encode(errors="surrogateescape")


def _standard(secret: str, signed: bytes) -> str | None:
    """`None` of a secret that is not one of ours, as those of the hosted service beside it."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        return None
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def _vendors(secret: str, signed: bytes) -> str:
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _event(content: bytes) -> WebhookEvent:
    try:
        return WebhookEvent.model_validate_json(content)
    except ValidationError as error:
        raise WebhookVerificationFailed(f"the body is signed, and no event: {error}") from error
