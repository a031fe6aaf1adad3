"""What operators see of the installation."""

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import update

from api.auth import ALL_SCOPES
from api.clock import now
from api.dispatcher import Dispatcher
from api.keys.service import create_key
from api.ops.history import Look
from api.ops.queries import BUCKET_SECONDS
from api.tables import Submission
from serve.batching import BatchStats
from serve.errors import EngineUnavailable
from tests.api.scripted import picture
from tests.api.story import accept, post_job, submit, submit_scored

pytestmark = pytest.mark.anyio


async def _overview(http, organization):
    answer = await http.get("/v1/ops/overview", headers=organization.headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_idle_installation(http, organization):
    told = await _overview(http, organization)
    assert (told["object"], told["profile"]) == ("ops_overview", "embedded")
    assert told["checks"] == {"database": "ok", "store": "ok", "engine": "ok"}
    assert set(told["queue"].values()) == {0}
    assert told["window_seconds"] is None
    assert [one["stage"] for one in told["latencies"]] == ["queue", "score", "deliver", "settle"]
    assert {one["role"] for one in told["models"]} == {"detector", "concepts", "text", "speech", "audio_quality"}
    text = next(one for one in told["models"] if one["role"] == "text")
    assert text["batch"] == {"max_cost": 8.0, "max_items": 4, "wait_seconds": 0.005, "concurrent": 1}
    assert (text["max_ongoing_requests"], text["replicas"], text["weights_digest"]) == (32, 2, "ab" * 32)
    assert (text["utilisation"], text["mean_fill"]) == (None, None)
    assert (told["throughput"]["per_minute"], told["failures"]) == (0, [])


async def test_the_profile_is_the_one_in_force(http, organization, engine):
    engine.profile_name = "another"
    assert (await _overview(http, organization))["profile"] == "another"


async def test_the_queue(http, services, organization, worker):
    job = await post_job(http, organization, quantity=10)
    await accept(http, worker, job["id"])
    waiting, claimed, retrying = [await submit(http, worker, job["id"], picture(5, seed=seed)) for seed in range(3)]
    soon = now() + timedelta(seconds=60)
    async with services.db.write() as session:
        for one, values in (
            (waiting, {"submitted_at": now() - timedelta(seconds=90)}),
            (claimed, {"claimable_at": soon, "claim_token": "req_1"}),
            (retrying, {"claimable_at": soon}),
        ):
            await session.execute(update(Submission).where(Submission.id == one["id"]).values(**values))
    queue = (await _overview(http, organization))["queue"]
    assert (queue["waiting"], queue["in_flight"], queue["retrying"], queue["awaiting_file"]) == (1, 1, 1, 1)
    assert 90 <= queue["oldest_seconds"] < 100


async def test_throughput_is_of_what_was_scored(http, services, organization, worker):
    job = await post_job(http, organization, quantity=10)
    for seed in range(3):
        await submit_scored(http, services, worker, job["id"], 5, seed=seed)
    throughput = (await _overview(http, organization))["throughput"]
    assert throughput["per_minute"] == pytest.approx(3 / 5)
    assert throughput["bucket_seconds"] == pytest.approx(32.768)
    assert sum(one["files"] for one in throughput["series"]) == 3
    times = [datetime.fromisoformat(one["at"]) for one in throughput["series"]]
    steps = {round((later - earlier).total_seconds(), 2) for earlier, later in pairwise(times)}
    assert steps <= {32.76, 32.77}
    assert now() - times[-1] < timedelta(seconds=BUCKET_SECONDS + 1)


async def test_stages_are_measured_in_the_window(http, services, organization, worker):
    job = await post_job(http, organization, quantity=10)
    await _overview(http, organization)
    await submit_scored(http, services, worker, job["id"], 5)
    told = await _overview(http, organization)
    assert told["window_seconds"] > 0
    stages = {one["stage"]: one for one in told["latencies"]}
    assert [stages[name]["count"] for name in ("queue", "score", "deliver", "settle")] == [1, 1, 1, 1]
    assert 0 < stages["score"]["p50_seconds"] <= stages["score"]["p95_seconds"] < 30


async def test_models_are_measured_in_the_window(http, services, organization, engine):
    services.history.window(Look(-1000.0, {}, 0.0, {}))  # a page that was closed long ago
    await _overview(http, organization)
    engine.counted["text"] = [
        BatchStats(batches=3, items=9, fill_sum=2.25, run_seconds=0.02, queued=4, running=1, failed_items=1),
        BatchStats(batches=1, items=3, fill_sum=0.75, run_seconds=0.02),
    ]
    await asyncio.sleep(0.1)
    told = await _overview(http, organization)
    text = next(one for one in told["models"] if one["role"] == "text")
    assert (text["batches"], text["items"], text["failed_items"], text["queued"], text["running"]) == (4, 12, 1, 4, 1)
    assert (text["mean_fill"], text["items_per_batch"]) == (0.75, 3)
    assert text["utilisation"] == pytest.approx(0.04 / 2 / told["window_seconds"])
    speech = next(one for one in told["models"] if one["role"] == "speech")
    assert (speech["utilisation"], speech["mean_fill"]) == (0, None)


async def test_what_the_engine_gave_up_on(http, services, organization, worker, engine):
    job = await post_job(http, organization)
    await _overview(http, organization)
    once = services.settings.dispatcher.model_copy(update={"max_attempts": 1})
    services.settings = services.settings.model_copy(update={"dispatcher": once})
    engine.failures = 1
    given_up = await submit_scored(http, services, worker, job["id"], 5)
    told = await _overview(http, organization)
    (failure,) = told["failures"]
    assert (failure["submission_id"], failure["job_id"]) == (given_up["id"], job["id"])
    assert failure["failure"] == "EngineUnavailable: scripted to fail"
    assert (told["queue"]["needs_review"], told["engine_failures"]) == (1, 1)


async def test_the_page_opens_while_the_engine_is_away(http, organization, engine, monkeypatch):
    async def gone():
        raise EngineUnavailable("no replica")

    monkeypatch.setattr(engine, "stats", gone)
    told = await _overview(http, organization)
    assert (told["checks"]["engine"], told["models"]) == ("EngineUnavailable", [])


async def test_every_organization_is_in_it(http, services, organization, make_organization, make_worker):
    other = await make_organization()
    job = await post_job(http, other)
    await submit(http, await make_worker(other), job["id"], picture(5))
    assert (await _overview(http, organization))["queue"]["waiting"] == 1
    await Dispatcher(services).drain()
    assert (await _overview(http, organization))["queue"]["waiting"] == 0


async def test_ops_read_is_needed(http, services, organization):
    async with services.db.write() as session:
        scopes = [scope for scope in ALL_SCOPES if scope != "ops:read"]
        _, token = create_key(session, organization.id, name="Less", livemode=True, scopes=scopes)
    refused = await http.get("/v1/ops/overview", headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.json()["error"]["param"]) == (403, "ops:read")
