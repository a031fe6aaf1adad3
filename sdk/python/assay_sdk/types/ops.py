"""The engine and its queue, as operators see them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from assay_sdk.types.base import Resource

Role = Literal["detector", "safety", "concepts", "text", "speech", "audio_quality"] | str


class OpsQueue(Resource):
    """Work that waits."""

    waiting: int
    """Submissions that no dispatcher has taken yet."""
    in_flight: int
    retrying: int
    """Submissions that the engine failed on, until their next try."""
    oldest_seconds: float
    awaiting_file: int
    needs_review: int
    webhook_deliveries: int
    exports: int


class OpsRatePoint(Resource):
    """Files scored in a stretch of time."""

    at: datetime
    files: int


class OpsThroughput(Resource):
    """How fast files are scored."""

    per_minute: float
    """Over the last five minutes."""
    bucket_seconds: float
    series: list[OpsRatePoint] = Field(default_factory=list)
    """Of the last hour, oldest first."""


class OpsLatency(Resource):
    """How long submissions take in one stage of their way."""

    stage: Literal["queue", "score", "deliver", "settle"] | str
    count: int
    p50_seconds: float | None = None
    p95_seconds: float | None = None


class OpsBatch(Resource):
    """When a batch is closed: full by cost, full by count, or its oldest item waited long enough."""

    max_cost: float
    """In the model's unit: megapixels of pictures, seconds of sound."""
    max_items: int
    wait_seconds: float
    concurrent: int


class BatchSettings(OpsBatch):
    """How a model's batches form from now on."""

    object: str = "batch_settings"
    role: Role


class OpsModel(Resource):
    """One model of the ensemble: its weights, how its batches form, what it does."""

    role: Role
    name: str
    version: str
    weights_digest: str
    """SHA-256."""
    precision: str
    replicas: int
    batch: OpsBatch
    """In force now."""
    max_ongoing_requests: int | None = None
    queued: int
    running: int
    batches: int
    items: int
    failed_items: int
    run_seconds: float
    utilisation: float | None = None
    mean_fill: float | None = None
    items_per_batch: float | None = None


class OpsFailure(Resource):
    """A submission that the engine gave up on."""

    submission_id: str
    job_id: str
    engine_attempts: int
    failure: str
    at: datetime


class OpsOverview(Resource):
    """The whole installation at one moment."""

    object: str = "ops_overview"
    at: datetime
    profile: str
    engine_version: str
    checks: dict[str, str]
    """Of `database`, `store` and `engine`: `ok`, or what is wrong."""
    queue: OpsQueue
    throughput: OpsThroughput
    window_seconds: float | None = None
    """Length of the window that latencies and utilisation are of."""
    latencies: list[OpsLatency] = Field(default_factory=list)
    models: list[OpsModel] = Field(default_factory=list)
    engine_failures: int
    failures: list[OpsFailure] = Field(default_factory=list)
