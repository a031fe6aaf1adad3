"""What goes wrong in a request, in the shape of the contract."""

from typing import Any, ClassVar


class ApiError(Exception):
    """An error that the caller is told about. A subclass carries its status and type."""

    status: ClassVar[int] = 500
    type: ClassVar[str] = "internal_error"
    usual_headers: ClassVar[dict[str, str]] = {}
    """Of every such response."""
    code: str

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        details: list[dict[str, str]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        """
        Args:
            message: one sentence for a person.
            code: stable name of the case, the type by default.
            param: the field that is at fault.
            details: `{field, message}` for each fault of a body that has several.
            headers: of the response, beside the usual ones.
        """
        super().__init__(message)
        self.message = message
        self.code = code or self.type
        self.param = param
        self.details = details or []
        self.headers = self.usual_headers | (headers or {})

    def to_json(self, request_id: str) -> dict[str, Any]:
        """The body of the response. A bad request that names a field names it in the details too, for forms."""
        details = self.details
        if not details and self.param is not None and self.status == ValidationFailed.status:
            details = [{"field": self.param, "message": self.message}]
        return {
            "error": {
                "type": self.type,
                "code": self.code,
                "message": self.message,
                "param": self.param,
                "request_id": request_id,
                "details": details,
            }
        }


class ValidationFailed(ApiError):
    status, type = 400, "validation_error"


class PricingViolation(ApiError):
    status, type = 400, "pricing_violation"


class AuthenticationFailed(ApiError):
    status, type = 401, "authentication_error"
    usual_headers: ClassVar[dict[str, str]] = {"WWW-Authenticate": "Bearer"}


class InsufficientCredits(ApiError):
    status, type = 402, "insufficient_credits"


class AuthorizationFailed(ApiError):
    status, type = 403, "authorization_error"


class NotFound(ApiError):
    """Also for what belongs to somebody else."""

    status, type = 404, "not_found"


class MethodNotAllowed(ApiError):
    status, type = 405, "validation_error"


class BodyStalled(ApiError):
    status, type = 408, "validation_error"


class Conflict(ApiError):
    status, type = 409, "conflict"


class IdempotencyConflict(ApiError):
    """The same key is still in flight."""

    status, type = 409, "idempotency_conflict"


class PayloadTooLarge(ApiError):
    status, type = 413, "payload_too_large"


class UnsupportedMediaType(ApiError):
    status, type = 415, "unsupported_media_type"


class RangeNotSatisfiable(ApiError):
    status, type = 416, "validation_error"


class IdempotencyMismatch(ApiError):
    """The same key came with another body."""

    status, type = 422, "idempotency_error"


class RateLimitExceeded(ApiError):
    status, type = 429, "rate_limit_exceeded"


class InternalError(ApiError):
    status, type = 500, "internal_error"


class Overloaded(ApiError):
    status, type = 503, "overloaded"


BY_STATUS: dict[int, type[ApiError]] = {
    error.status: error
    for error in (
        ValidationFailed, AuthenticationFailed, InsufficientCredits, AuthorizationFailed, NotFound, MethodNotAllowed,
        BodyStalled, Conflict, PayloadTooLarge, UnsupportedMediaType, RangeNotSatisfiable, IdempotencyMismatch,
        RateLimitExceeded, InternalError, Overloaded,
    )
}  # fmt: skip
"""The error of a status that a library answers with."""
