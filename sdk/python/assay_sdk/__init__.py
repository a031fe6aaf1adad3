"""Python client of Assay.

    from assay_sdk import Client

    client = Client(api_key="fh_live_…", base_url="https://assay.example.com")
    job = client.jobs.create(
        title="Menus",
        description="Photos of coffee shop menus with readable prices",
        type="data_collection",
        content_type="image",
        file_formats=["jpeg", "png"],
        quantity=100,
        reward_per_file=50,
    )
    client.jobs.wait(job.id, files=10, timeout_seconds=3600)
    client.files.download_all(job_id=job.id, output_dir="menus")

`AsyncClient` has the same names, to be awaited. `WorkerClient` is the side of those who capture files.
"""

from assay_sdk import types, webhooks
from assay_sdk._async.client import AsyncClient
from assay_sdk._async.pages import AsyncPage
from assay_sdk._async.worker_client import AsyncWorkerClient
from assay_sdk._sync.client import Client
from assay_sdk._sync.pages import Page
from assay_sdk._sync.worker_client import WorkerClient
from assay_sdk.configuration import __version__
from assay_sdk.delivery import Delivery, DownloadedFile
from assay_sdk.errors import (
    ApiError,
    AssayError,
    AuthenticationFailed,
    AuthorizationFailed,
    Conflict,
    ConnectionFailed,
    DownloadFailed,
    ErrorDetail,
    IdempotencyConflict,
    IdempotencyMismatch,
    InsufficientCredits,
    InternalError,
    InvalidResponse,
    NotFound,
    Overloaded,
    PayloadTooLarge,
    PricingViolation,
    RateLimitExceeded,
    UnsupportedMediaType,
    ValidationFailed,
    WaitTimeout,
    WebhookVerificationFailed,
)
from assay_sdk.omitted import OMITTED
from assay_sdk.progress import DownloadProgress, UploadProgress, print_progress
from assay_sdk.retries import RetryPolicy

__all__ = [
    "OMITTED",
    "ApiError",
    "AssayError",
    "AsyncClient",
    "AsyncPage",
    "AsyncWorkerClient",
    "AuthenticationFailed",
    "AuthorizationFailed",
    "Client",
    "Conflict",
    "ConnectionFailed",
    "Delivery",
    "DownloadFailed",
    "DownloadProgress",
    "DownloadedFile",
    "ErrorDetail",
    "IdempotencyConflict",
    "IdempotencyMismatch",
    "InsufficientCredits",
    "InternalError",
    "InvalidResponse",
    "NotFound",
    "Overloaded",
    "Page",
    "PayloadTooLarge",
    "PricingViolation",
    "RateLimitExceeded",
    "RetryPolicy",
    "UnsupportedMediaType",
    "UploadProgress",
    "ValidationFailed",
    "WaitTimeout",
    "WebhookVerificationFailed",
    "WorkerClient",
    "__version__",
    "print_progress",
    "types",
    "webhooks",
]
