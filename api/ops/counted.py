"""What the processes of this node counted: Prometheus' metrics, read as numbers."""

from collections import defaultdict

from api.metrics import ENGINE_FAILURES, STAGE_SECONDS
from api.operations.exposition import counters
from api.ops.quantiles import Buckets

STAGES = ("queue", "score", "deliver", "settle")
"""In the order in which a submission goes through them."""


def stages_and_failures() -> tuple[dict[str, Buckets], float]:
    """The histogram of every stage, and how often the engine failed."""
    stages: dict[str, dict[float, float]] = defaultdict(dict)
    failures = 0.0
    stage_name, failure_name = _name(STAGE_SECONDS), _name(ENGINE_FAILURES)
    for metric in counters():
        for sample in metric.samples:
            if sample.name == f"{stage_name}_bucket":
                stages[sample.labels["stage"]][float(sample.labels["le"])] = sample.value
            elif sample.name == f"{failure_name}_total":
                failures += sample.value
    return dict(stages), failures


def _name(metric: object) -> str:
    (family,) = metric.describe()  # type: ignore[attr-defined]
    return str(family.name)
