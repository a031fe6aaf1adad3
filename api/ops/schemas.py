"""The engine and its queue, as operators see them."""

from typing import Annotated, Literal, Self

from pydantic import Field

from api.wire import Wire, WireTime
from configs.settings import BatchSettings, Role
from pipeline.brief import INTEGRAL
from serve.batching import MAX_CONCURRENT

MAX_ITEMS = 1024

Items = Annotated[int, Field(strict=True, ge=1, le=MAX_ITEMS), INTEGRAL]
Batches = Annotated[int, Field(strict=True, ge=1, le=MAX_CONCURRENT), INTEGRAL]


class Queue(Wire):
    """Work that waits."""

    waiting: int
    """Submissions that no dispatcher has taken yet."""
    in_flight: int
    """Submissions that a dispatcher has in the engine."""
    retrying: int
    """Submissions that the engine failed on, until their next try."""
    oldest_seconds: float
    """Since the longest waiting submission was uploaded."""
    awaiting_file: int
    """Slots whose file has yet to come, for the first or the second time."""
    needs_review: int
    """Submissions that a person has to decide."""
    webhook_deliveries: int
    exports: int


class RatePoint(Wire):
    """Files scored in a stretch of time."""

    at: WireTime
    """Its beginning."""
    files: int


class Throughput(Wire):
    """How fast files are scored."""

    per_minute: float
    """Over the last five minutes."""
    bucket_seconds: float
    """Length of the stretches in `series`; the last one is not over yet."""
    series: list[RatePoint]
    """Of the last hour, oldest first."""


class StageLatency(Wire):
    """How long submissions take in one stage of their way."""

    stage: str
    """`queue` (upload to claim), `score` (the engine), `deliver` (rendering and storing), `settle` (the commit)."""
    count: int
    """Submissions in the window."""
    p50_seconds: float | None
    """`null` while there were none."""
    p95_seconds: float | None


class Batch(Wire):
    """When a batch is closed: full by cost, full by count, or its oldest item waited long enough."""

    max_cost: float
    """In the model's unit: megapixels of pictures, seconds of sound."""
    max_items: int
    wait_seconds: float
    concurrent: int
    """Batches that one replica runs at once."""

    @classmethod
    def of(cls, settings: BatchSettings) -> Self:
        return cls.model_validate(settings, from_attributes=True)


class OpsModel(Wire):
    """One model of the ensemble: its weights, how its batches form, what it does."""

    role: Role
    name: str
    version: str
    weights_digest: str
    """SHA-256."""
    precision: str
    replicas: int
    batch: Batch
    """In force now."""
    max_ongoing_requests: int
    """Of a replica, in force now: `max_items` × `concurrent` may not be more."""
    queued: int
    """Items that wait for a batch."""
    running: int
    """Batches that run."""
    batches: int
    """Since the replicas' start, like the counters below."""
    items: int
    failed_items: int
    run_seconds: float
    utilisation: float | None
    """Share of the window in which its batch slots were at work, 0 to 1; `null` while there is no window."""
    mean_fill: float | None
    """Of the window's batches, 0 to 1: cost over `max_cost`, or count over `max_items` if that is more."""
    items_per_batch: float | None
    """Of the window's batches."""


class OpsFailure(Wire):
    """A submission that the engine gave up on."""

    submission_id: str
    job_id: str
    engine_attempts: int
    failure: str
    """What it said at last."""
    at: WireTime


class OpsOverview(Wire):
    """The whole installation at one moment. Counters of processes are those of the node that answers."""

    object: Literal["ops_overview"] = "ops_overview"
    at: WireTime
    profile: str
    engine_version: str
    checks: dict[str, str]
    """Of `database`, `store` and `engine`: `ok`, or what is wrong."""
    queue: Queue
    throughput: Throughput
    window_seconds: float | None
    """Length of the window that latencies and utilisation are of; `null` when all since the start is in it."""
    latencies: list[StageLatency]
    models: list[OpsModel]
    """Empty while the engine does not answer."""
    engine_failures: int
    """Tries that failed, in the window."""
    failures: list[OpsFailure]
    """Newest first."""


class BatchUpdate(Wire):
    """What to change of how a model's batches form; what is absent stays."""

    max_cost: Annotated[float, Field(strict=True, gt=0, le=1e9, allow_inf_nan=False)] | None = None
    max_items: Items | None = None
    wait_seconds: Annotated[float, Field(strict=True, ge=0, le=5, allow_inf_nan=False)] | None = None
    concurrent: Batches | None = None


class BatchResource(Batch):
    """How a model's batches form from now on."""

    object: Literal["batch_settings"] = "batch_settings"
    role: Role
