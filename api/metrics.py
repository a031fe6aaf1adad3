"""What Prometheus may ask for. Every process counts for itself; `/metrics` puts the processes of a node together."""

import os
from pathlib import Path

from prometheus_client import Counter, Gauge, Histogram

SHARED_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
"""Names the folder where all processes of a node count: `assay up` makes one for its Ray, a pod has it in `/tmp`."""
if SHARED_VARIABLE in os.environ:
    Path(os.environ[SHARED_VARIABLE]).mkdir(parents=True, exist_ok=True)

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)

REQUEST_SECONDS = Histogram(
    "assay_http_request_seconds", "Time to answer a request.", ("method", "route", "status"), buckets=SECONDS
)
STAGE_SECONDS = Histogram(
    "assay_stage_seconds", "Time that a submission spends in a stage.", ("stage",), buckets=(*SECONDS, 300, 1800)
)
"""Stages: `queue` (upload to claim), `score` (the engine), `deliver` (rendering and storing), `settle` (the commit)."""
DECISIONS = Counter("assay_decisions_total", "Submissions decided.", ("status", "score"))
STRIKES = Counter("assay_strikes_total", "Strikes given to workers.")
ENGINE_FAILURES = Counter("assay_engine_failures_total", "Submissions that the engine failed to score, at every try.")
WEBHOOK_ATTEMPTS = Counter("assay_webhook_attempts_total", "Webhook attempts.", ("outcome",))
IN_FLIGHT = Gauge("assay_dispatcher_in_flight", "Submissions under way in the engine.", multiprocess_mode="livesum")
