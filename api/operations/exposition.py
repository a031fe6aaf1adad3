"""The text that Prometheus scrapes: the counters of every process of this node, and what the database knows."""

import os
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import psutil
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.registry import REGISTRY, Collector
from sqlalchemy import func, select

from api.clock import now
from api.metrics import SHARED_VARIABLE
from api.ops.queries import oldest_seconds
from api.outage import DatabaseAway
from api.services import Services
from api.tables import Account, Export, Submission, WebhookDelivery
from serve.errors import EngineError

CONTENT_TYPE = CONTENT_TYPE_LATEST
PREFIX = "assay_"


async def exposition(use: Services) -> bytes:
    """All metrics in Prometheus' text format."""
    registry = CollectorRegistry()
    registry.register(_Found([*counters(), *await _database_gauges(use), *await _engine_gauges(use)]))
    return generate_latest(registry)


class _Found(Collector):
    """Metrics that were collected already: the registry cannot wait for a database."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        yield from self._metrics


def counters() -> Iterator[Metric]:
    """Our own; the processes of Ray count in the same place."""
    shared = SHARED_VARIABLE in os.environ
    if shared:
        _forget_dead(Path(os.environ[SHARED_VARIABLE]))
    source: Collector = MultiProcessCollector(None) if shared else REGISTRY  # type: ignore[no-untyped-call]
    return (metric for metric in source.collect() if metric.name.startswith(PREFIX))


def _forget_dead(folder: Path) -> None:
    """What a process that was killed had under way is under way no more; what it has counted stays counted."""
    for file in folder.glob("gauge_live*.db"):
        pid = int(file.stem.rpartition("_")[2])
        if not psutil.pid_exists(pid):
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


async def _database_gauges(use: Services) -> list[GaugeMetricFamily]:
    """Nothing while the database does not answer: the counters are wanted then more than ever."""
    try:
        return await _waiting(use)
    except DatabaseAway:
        return []


async def _waiting(use: Services) -> list[GaugeMetricFamily]:
    queue = GaugeMetricFamily("assay_queue_submissions", "Submissions in a status that waits.", labels=("status",))
    age = GaugeMetricFamily("assay_queue_oldest_seconds", "Age of the oldest submission that waits to be scored.")
    webhooks = GaugeMetricFamily("assay_webhook_deliveries_pending", "Webhook deliveries that wait.")
    exports = GaugeMetricFamily("assay_exports_pending", "Exports that wait or run.")
    ledger = GaugeMetricFamily(
        "assay_ledger_credits", "Credits by account, over all organizations.", labels=("account",)
    )
    live = ("awaiting_upload", "pending_score", "retry_pending", "needs_review")
    async with use.db.read() as session:
        counted = select(Submission.status, func.count()).where(Submission.status.in_(live)).group_by(Submission.status)
        for status, count in await session.execute(counted):
            queue.add_metric((status,), count)
        age.add_metric((), await oldest_seconds(session, now()))
        waiting = select(func.count()).where(WebhookDelivery.next_attempt_at.is_not(None))
        webhooks.add_metric((), await session.scalar(waiting) or 0)
        exports.add_metric((), await session.scalar(select(func.count()).where(Export.claimable_at.is_not(None))) or 0)
        sums = select(Account.name, func.sum(Account.balance)).group_by(Account.name)
        for name, total in await session.execute(sums):
            ledger.add_metric((name,), float(total))
    return [queue, age, webhooks, exports, ledger]


async def _engine_gauges(use: Services) -> list[GaugeMetricFamily]:
    """Counters of the models' queues, by replica; nothing while the engine does not answer."""
    labels = ("model", "replica")
    try:
        by_role = await use.engine.stats()
    except (EngineError, OSError):
        return []
    made: dict[str, GaugeMetricFamily] = {}
    for role, replicas in by_role.items():
        for number, stats in enumerate(replicas):
            for name, value in asdict(stats).items():
                family = made.setdefault(
                    name, GaugeMetricFamily(f"assay_model_{name}", f"The model's queue: {name}.", labels=labels)
                )
                family.add_metric((role, str(number)), value)
    return list(made.values())
