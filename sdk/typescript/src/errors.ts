import type { components } from "./schema.js";

/** One of several faults of a request. */
export type ErrorDetail = components["schemas"]["ErrorDetail"];

/** Whatever goes wrong in this package. */
export class AssayError extends Error {
  /** @param message - one sentence for a person. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
  }
}

/** No whole answer came: the connection failed, or broke off. It was tried again before this was thrown. */
export class ConnectionError extends AssayError {}

/** No whole answer came in time. */
export class TimeoutError extends ConnectionError {}

/** What was waited for did not happen in time. The wait can be begun again. */
export class WaitTimeoutError extends AssayError {}

/** The signature of a webhook is not valid: its body must not be believed. */
export class WebhookVerificationError extends AssayError {}

/** What a response says about an error. */
export interface ApiErrorFields {
  /** HTTP status. */
  status: number;
  /** Class of the error, for example `validation_error`. */
  type: string;
  /** Stable name of the case, for example `lease_expired`. */
  code: string;
  /** One sentence for a person. */
  message: string;
  /** The field that is at fault. */
  param: string | null;
  /** Names the request in the server's logs. */
  requestId: string | null;
  /** Every fault, where a request has several. */
  details: readonly ErrorDetail[];
  /** How long the server asks to wait before the next try. */
  retryAfterSeconds: number | null;
}

/** The server answered with an error; its subclasses are the types of the contract. */
export class ApiError extends AssayError {
  /** HTTP status. */
  readonly status: number;
  /** Class of the error, for example `validation_error`. */
  readonly type: string;
  /** Stable name of the case, for example `lease_expired`. */
  readonly code: string;
  /** The field that is at fault. */
  readonly param: string | null;
  /** Names the request in the server's logs. */
  readonly requestId: string | null;
  /** Every fault, where a request has several. */
  readonly details: readonly ErrorDetail[];
  /** How long the server asks to wait before the next try. */
  readonly retryAfterSeconds: number | null;

  /** @param fields - what the response says. */
  constructor(fields: ApiErrorFields) {
    super(fields.message);
    this.status = fields.status;
    this.type = fields.type;
    this.code = fields.code;
    this.param = fields.param;
    this.requestId = fields.requestId;
    this.details = fields.details;
    this.retryAfterSeconds = fields.retryAfterSeconds;
  }
}

/** 400: a field is missing or not as it has to be; `param` and `details` say which. */
export class ValidationError extends ApiError {}
/** 400: the reward is outside of what may be paid. */
export class PricingViolationError extends ApiError {}
/** 401: the key or token is not valid. */
export class AuthenticationError extends ApiError {}
/** 402: the job would cost more credits than are available. */
export class InsufficientCreditsError extends ApiError {}
/** 403: the key may not do this, or the worker is banned. */
export class AuthorizationError extends ApiError {}
/** 404: there is nothing of this id for this key. */
export class NotFoundError extends ApiError {}
/** 409: the state of the resource does not allow it. */
export class ConflictError extends ApiError {}
/** 409: a request with the same idempotency key is still under way. */
export class IdempotencyConflictError extends ApiError {}
/** 413: the file or body is too large. */
export class PayloadTooLargeError extends ApiError {}
/** 415: the body is of a type that is not taken here. */
export class UnsupportedMediaTypeError extends ApiError {}
/** 422: the idempotency key was used before, with another body. */
export class IdempotencyError extends ApiError {}
/** 429: too many requests in this minute. */
export class RateLimitError extends ApiError {}
/** 500: a fault of the server; `requestId` finds it in the logs. */
export class InternalServerError extends ApiError {}
/** 503: the server has too much to do, or something that it needs is away. */
export class OverloadedError extends ApiError {}

const BY_TYPE: Readonly<Record<string, typeof ApiError>> = {
  validation_error: ValidationError,
  pricing_violation: PricingViolationError,
  authentication_error: AuthenticationError,
  insufficient_credits: InsufficientCreditsError,
  authorization_error: AuthorizationError,
  not_found: NotFoundError,
  conflict: ConflictError,
  idempotency_conflict: IdempotencyConflictError,
  payload_too_large: PayloadTooLargeError,
  unsupported_media_type: UnsupportedMediaTypeError,
  idempotency_error: IdempotencyError,
  rate_limit_exceeded: RateLimitError,
  internal_error: InternalServerError,
  overloaded: OverloadedError,
};

/** For answers that are not in the contract's shape: a proxy's, or the object store's. */
const TYPE_BY_STATUS: Readonly<Record<number, string>> = {
  400: "validation_error",
  401: "authentication_error",
  402: "insufficient_credits",
  403: "authorization_error",
  404: "not_found",
  409: "conflict",
  413: "payload_too_large",
  415: "unsupported_media_type",
  429: "rate_limit_exceeded",
  503: "overloaded",
};

/**
 * The error that a response stands for.
 *
 * @param text - its body.
 */
export function apiError(status: number, headers: Headers, text: string): ApiError {
  const told = fieldsOf(text);
  const type = told.type ?? TYPE_BY_STATUS[status] ?? (status >= 500 ? "internal_error" : "unexpected_status");
  const kind = BY_TYPE[type] ?? ApiError;
  return new kind({
    status,
    type,
    code: told.code ?? type,
    message: told.message ?? `the server answered ${status}`,
    param: told.param ?? null,
    requestId: told.request_id ?? headers.get("x-request-id"),
    details: told.details ?? [],
    retryAfterSeconds: retryAfterSeconds(headers.get("retry-after")),
  });
}

function fieldsOf(text: string): Partial<components["schemas"]["ErrorFields"]> {
  try {
    const body: unknown = JSON.parse(text);
    const fields = typeof body === "object" && body !== null && "error" in body ? body.error : null;
    return typeof fields === "object" && fields !== null ? fields : {};
  } catch {
    return {}; // not JSON: nothing is told
  }
}

function retryAfterSeconds(header: string | null): number | null {
  if (header === null) return null;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? null : Math.max(0, seconds);
}
