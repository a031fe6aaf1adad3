"""What can go wrong, as exceptions.

All of them are `AssayError`. What the server refused is an `ApiError`, whose subclass says why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any, ClassVar

import httpx


class AssayError(Exception):
    """Anything that this package raises by itself."""


class ConnectionFailed(AssayError):
    """No answer came: the server could not be reached, or the connection broke or timed out, on every attempt."""

    def __init__(self, message: str, *, was_sent: bool = True) -> None:
        super().__init__(message)
        self.was_sent = was_sent
        """Whether the server may have the request; not so where there was no connection at all."""


class InvalidResponse(AssayError):
    """The answer is not one of the contract, for example a proxy's page."""


class WaitTimeout(AssayError, TimeoutError):
    """What was waited for did not happen in time."""

    def __init__(self, message: str, resource: Any) -> None:
        super().__init__(message)
        self.resource = resource
        """As it was last seen."""

    def __reduce__(self) -> tuple[Any, ...]:
        """So that it comes back from a process pool."""
        return type(self), (str(self), self.resource)


class DownloadFailed(AssayError):
    """Files could not be fetched whole. None of them stands under its final name; another call goes on from there."""

    def __init__(self, message: str, failures: "Mapping[str, AssayError] | None" = None) -> None:
        super().__init__(message)
        self.failures = dict(failures or {})
        """Of a download of many: what went wrong, by the file's id."""


class WebhookVerificationFailed(AssayError):
    """The request is not from the server that knows the secret, or is too old."""


@dataclass(frozen=True, slots=True)
class ErrorDetail:
    """One fault of a request that has several."""

    field: str
    """Name of the field, with dots between levels."""
    message: str
    """What is wrong with it."""


class ApiError(AssayError):
    """The server refused. `AuthenticationFailed`, `NotFound` and so on say why."""

    type_name: ClassVar[str] = ""
    """`type` of the error on the wire."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        type: str,
        code: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
        details: Sequence[ErrorDetail] = (),
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        """One sentence for a person."""
        self.status = status
        """HTTP status."""
        self.type = type
        """Class of the error, for example `validation_error`."""
        self.code = code or type
        """Stable name of the case, for example `no_slots_open`; the type where there is none of its own."""
        self.param = param
        """The field that is at fault."""
        self.request_id = request_id
        """Names the request in the server's log."""
        self.details = list(details)
        """Every fault of the body, where there are several."""
        self.retry_after_seconds = retry_after_seconds
        """What the server asks to wait before the next attempt."""

    def __reduce__(self) -> tuple[Any, ...]:
        """So that it comes back from a process pool."""
        return _restored, (type(self), self.message, {"status": self.status, "type": self.type}, self.__dict__)

    def __str__(self) -> str:
        return f"{self.message} ({self.status} {self.code}, request {self.request_id or 'unknown'})"

    @classmethod
    def from_response(cls, response: httpx.Response) -> "ApiError":
        """The error of an answer that is no success; its body has been read."""
        told = _told(response)
        kind = _BY_TYPE.get(str(told.get("type")), _BY_STATUS.get(response.status_code, ApiError))
        return kind(
            str(told.get("message") or f"the server answered {response.status_code}"),
            status=response.status_code,
            type=str(told.get("type") or kind.type_name or "unknown"),
            code=told.get("code"),
            param=told.get("param"),
            request_id=told.get("request_id") or response.headers.get("X-Request-Id"),
            details=_details(told.get("details")),
            retry_after_seconds=retry_after_seconds(response.headers),
        )


class ValidationFailed(ApiError):
    """400: a field is missing or wrong; `details` names each."""

    type_name = "validation_error"


class PricingViolation(ApiError):
    """400: the reward is outside of what the server allows."""

    type_name = "pricing_violation"


class AuthenticationFailed(ApiError):
    """401: there is no key, or it is unknown, expired or revoked."""

    type_name = "authentication_error"


class InsufficientCredits(ApiError):
    """402: the job would cost more than is available."""

    type_name = "insufficient_credits"


class AuthorizationFailed(ApiError):
    """403: the key lacks a scope, or the worker is banned."""

    type_name = "authorization_error"


class NotFound(ApiError):
    """404: there is nothing of this id, or it is somebody else's."""

    type_name = "not_found"


class Conflict(ApiError):
    """409: not in this state; `code` says which."""

    type_name = "conflict"


class IdempotencyConflict(ApiError):
    """409: a request with the same idempotency key is still under way."""

    type_name = "idempotency_conflict"


class PayloadTooLarge(ApiError):
    """413: the file has more bytes than the server takes."""

    type_name = "payload_too_large"


class UnsupportedMediaType(ApiError):
    """415: the body is of another type than the route takes."""

    type_name = "unsupported_media_type"


class IdempotencyMismatch(ApiError):
    """422: the idempotency key was used before, with another body."""

    type_name = "idempotency_error"


class RateLimitExceeded(ApiError):
    """429: too many requests in a minute, after all retries."""

    type_name = "rate_limit_exceeded"


class InternalError(ApiError):
    """500: a fault of the server; `request_id` leads to it."""

    type_name = "internal_error"


class Overloaded(ApiError):
    """503: the server or what it needs cannot answer at the moment, after all retries."""

    type_name = "overloaded"


_KINDS: tuple[tuple[int, type[ApiError]], ...] = (
    (400, ValidationFailed), (400, PricingViolation), (401, AuthenticationFailed), (402, InsufficientCredits),
    (403, AuthorizationFailed), (404, NotFound), (409, Conflict), (409, IdempotencyConflict),
    (413, PayloadTooLarge), (415, UnsupportedMediaType), (422, IdempotencyMismatch), (429, RateLimitExceeded),
    (500, InternalError), (503, Overloaded),
)  # fmt: skip
_BY_TYPE = {kind.type_name: kind for _, kind in _KINDS}
_BY_STATUS = dict(reversed(_KINDS))
"""For answers without a body of ours; the first of those with the same status."""


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """What `Retry-After` says, given as seconds or as a date; `None` when it says nothing that can be read."""
    text = headers.get("Retry-After", "").strip()
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(timezone.utc)).total_seconds())
    except (TypeError, ValueError):  # no date, or one without a zone
        return None


def _restored(kind: type[ApiError], message: str, required: Mapping[str, Any], state: Mapping[str, Any]) -> ApiError:
    error = kind(message, **required)
    error.__dict__.update(state)
    return error


def _told(response: httpx.Response) -> dict[str, Any]:
    """The `error` of the body, as far as there is one."""
    try:
        body = response.json()
    except ValueError:
        return {}
    told = body.get("error") if isinstance(body, dict) else None
    return told if isinstance(told, dict) else {}


def _details(told: object) -> list[ErrorDetail]:
    listed = told if isinstance(told, list) else []
    return [ErrorDetail(str(one.get("field")), str(one.get("message"))) for one in listed if isinstance(one, dict)]
