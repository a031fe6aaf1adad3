"""What operators ask for: health, readiness, metrics, the dashboard, and a documentation that loads nothing."""

import json
import os
import re
import subprocess
from pathlib import Path

import httpx
import pytest
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.parser import text_string_to_metric_families

from api import metrics
from api.operations.exposition import _forget_dead
from api.services import Services
from api.storage_signing import PATH
from serve.batching import BatchStats
from serve.errors import EngineUnavailable
from tests.api.conftest import Client, WorkerClient
from tests.api.scripted import ScriptedEngine
from tests.api.story import post_job, submit_scored

pytestmark = pytest.mark.anyio

DASHBOARD = Path(__file__).parents[3] / "configs" / "grafana" / "assay.json"
_METRIC = re.compile(r"assay_[a-z_]+")


async def test_alive_and_ready(http: httpx.AsyncClient) -> None:
    assert (await http.get("/healthz")).json() == {"status": "ok"}
    ready = await http.get("/readyz")
    checks = ready.json()["checks"]
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert {"database", "store", "model:text", "model:speech"} <= checks.keys()


async def test_not_ready_names_what_is_missing(
    http: httpx.AsyncClient, engine: ScriptedEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def without_text() -> dict[str, list[BatchStats]]:
        return {"concepts": [BatchStats()], "text": []}

    async def gone() -> None:
        raise EngineUnavailable("no engine runs")

    monkeypatch.setattr(engine, "stats", without_text)
    answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (503, "not_ready")
    told = {"database": "ok", "store": "ok", "model:concepts": "ok", "model:text": "EngineUnavailable"}
    assert answer.json()["checks"] == told
    assert answer.headers["Retry-After"]
    monkeypatch.setattr(engine, "stats", gone)
    checks = (await http.get("/readyz")).json()["checks"]
    assert checks["model:concepts"] == checks["model:text"] == "EngineUnavailable"


async def test_metrics_count_what_happened(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    def value(text: str, name: str, **labels: str) -> float:
        samples = (one for family in text_string_to_metric_families(text) for one in family.samples)
        return sum(one.value for one in samples if one.name == name and labels.items() <= one.labels.items())

    before = (await http.get("/metrics")).text
    job = await post_job(http, organization)
    await submit_scored(http, services, worker, job["id"], 1)
    after = (await http.get("/metrics")).text
    decided = {"status": "rejected", "score": "1"}
    assert value(after, "assay_decisions_total", **decided) == value(before, "assay_decisions_total", **decided) + 1
    assert value(after, "assay_strikes_total") == value(before, "assay_strikes_total") + 1
    stages = {"queue", "score", "settle"}
    assert all(value(after, "assay_stage_seconds_count", stage=one) > 0 for one in stages)
    assert value(after, "assay_ledger_credits", account="held") == 150
    for route, status in (("/v1/worker/jobs/{job_id}/accept", "201"), (f"{PATH}/{{key:path}}", "200")):
        assert value(after, "assay_http_request_seconds_count", route=route, status=status) > 0


def test_the_dashboard_shows_only_metrics_that_there_are() -> None:
    counted = {
        name
        for metric in vars(metrics).values()
        if isinstance(metric, MetricWrapperBase)
        for family in metric.describe()
        for name in (family.name, f"{family.name}_total", f"{family.name}_bucket", f"{family.name}_count")
    }
    gauges = {
        "assay_queue_submissions", "assay_queue_oldest_seconds", "assay_webhook_deliveries_pending",
        "assay_exports_pending", "assay_ledger_credits",
    }  # fmt: skip
    models = {f"assay_model_{name}" for name in BatchStats.__dataclass_fields__}
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    shown = {name for panel in panels for target in panel["targets"] for name in _METRIC.findall(target["expr"])}
    assert shown <= counted | gauges | models
    assert gauges <= shown


async def test_the_documentation_loads_nothing_from_outside(http: httpx.AsyncClient) -> None:
    page = (await http.get("/docs")).text
    linked = re.findall(r"(?:src|href)=\"([^\"]+)\"", page)
    assert linked
    assert all(link.startswith("/docs/") for link in linked)
    for link in linked:
        assert (await http.get(link)).status_code == 200
    assert (await http.get("/docs/../app.py")).status_code == 404


def test_what_a_killed_process_had_under_way_is_forgotten_and_what_it_counted_is_not(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    names = [f"{kind}_{pid}.db" for kind in ("gauge_livesum", "counter") for pid in (ended.pid, os.getpid())]
    for name in names:
        (tmp_path / name).touch()
    _forget_dead(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == set(names[1:])
