/**
 * Client of Assay: post jobs, collect scored and annotated files.
 *
 * @packageDocumentation
 */

export { Assay, type AssayOptions, type ScoreRequest } from "./client.js";
export { AssayWorker, type AssayWorkerOptions, type Capture } from "./worker.js";
export { verifyWebhook, type WebhookHeaders, type WebhookRequest } from "./webhooks.js";
export { Page, PagePromise, type ListAnswer, type PageReader } from "./pages.js";
export type { RequestOptions, TransportOptions } from "./transport.js";
export type { FileContent, VerdictWait } from "./uploads.js";
export type { JobWait, Jobs } from "./resources/jobs.js";
export type { Files } from "./resources/files.js";
export type { Submissions, SubmissionUpload } from "./resources/submissions.js";
export type { Exports } from "./resources/exports.js";
export type { ApiKeys } from "./resources/api-keys.js";
export type { WebhookEndpoints } from "./resources/webhook-endpoints.js";
export type { WebhookEvents } from "./resources/webhook-events.js";
export type { Credits } from "./resources/credits.js";
export type { Settings } from "./resources/settings.js";
export type { Ops } from "./resources/ops.js";
export type { Workers } from "./resources/workers.js";
export {
  ChecksumError,
  DownloadError,
  type DownloadedFile,
  type DownloadFailure,
  type DownloadOptions,
  type DownloadResult,
} from "./downloads/types.js";
export {
  ApiError,
  AssayError,
  AuthenticationError,
  AuthorizationError,
  ConflictError,
  ConnectionError,
  IdempotencyConflictError,
  IdempotencyError,
  InsufficientCreditsError,
  InternalServerError,
  NotFoundError,
  OverloadedError,
  PayloadTooLargeError,
  PricingViolationError,
  RateLimitError,
  TimeoutError,
  UnsupportedMediaTypeError,
  ValidationError,
  WaitTimeoutError,
  WebhookVerificationError,
  type ApiErrorFields,
  type ErrorDetail,
} from "./errors.js";
export type * from "./types.js";
