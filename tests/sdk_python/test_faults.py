"""Faults between client and server: everything is done once, and nothing twice."""

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from assay_sdk import AssayError, Client, ConnectionFailed, NotFound, Overloaded, RetryPolicy, WorkerClient
from assay_sdk.types import Job

from tests.api.server import RunningServer
from tests.sdk_python.conftest import JOB, QUICK, Call, caller, new_picture
from tests.sdk_python.proxy import Fault, FaultProxy, answering, cut_after, passing, reset_after, reset_before, slow

FAULTS: dict[str, list[Fault]] = {
    "reset before": [reset_before],
    "reset after": [reset_after],
    "reset after, twice": [reset_after, reset_after],
    "429": [answering(429, "0")],
    "429, a second": [answering(429, "1")],
    "503": [answering(503)],
    "503, done": [answering(503, "0", after=True)],
    "502, done": [answering(502, after=True)],
    "504, done": [answering(504, after=True)],
    "slow": [slow(3.0, parts=1)],
    "cut head": [cut_after(-40)],
    "cut body": [cut_after(10)],
    "one after another": [reset_before, answering(503), reset_after, answering(502, after=True), cut_after(0)],
}
UNTOLD = ("reset after", "503, done", "slow", "cut body")
"""Those after which the client cannot know what the server has done."""
each_fault = pytest.mark.parametrize("faults", FAULTS.values(), ids=FAULTS)
each_untold = pytest.mark.parametrize("faults", [FAULTS[name] for name in UNTOLD], ids=UNTOLD)


@pytest.fixture
def near(far_server: RunningServer) -> Call:
    """Sees the server as it is, past the proxy."""
    return caller("sync", far_server.api_key, far_server.url)


@pytest.fixture
def far_sync(far_server: RunningServer, proxy: FaultProxy) -> Call:
    """One client through the proxy, where both would only take twice the time."""
    return caller("sync", far_server.api_key, proxy.url, retry=QUICK, timeout_seconds=2.0)


@each_fault
def test_a_job_is_made_and_held_for_once(far_call: Call, near: Call, proxy: FaultProxy, faults: list[Fault]) -> None:
    before, title = near("credits.balance"), str(uuid4())
    with proxy.faults("POST /v1/jobs$", *faults) as seen:
        job = far_call("jobs.create", **JOB | {"title": title})
    assert len(seen) == len(faults) + 1
    assert [one.id for one in near("jobs.list", limit=100).data if one.title == title] == [job.id]
    after = near("credits.balance")
    assert (after.held_credits - before.held_credits, after.total_credits - before.total_credits) == (150, 0)


@each_untold
def test_credits_are_bought_once(far_sync: Call, near: Call, proxy: FaultProxy, faults: list[Fault]) -> None:
    before = near("credits.balance").total_credits
    with proxy.faults("POST /v1/billing/credits/purchase", *faults):
        far_sync("credits.purchase", amount_credits=100)
    assert near("credits.balance").total_credits == before + 100


@pytest.mark.slow
@each_untold
@pytest.mark.parametrize("step", ["POST .*/accept$", "PUT ", "POST .*/submit$", "GET /v1/worker/submissions/"])
def test_a_capture_takes_one_slot_and_is_paid_once(
    far_worker_call: Call, near: Call, proxy: FaultProxy, tmp_path: Path, step: str, faults: list[Fault]
) -> None:
    job = near("jobs.create", **JOB)
    with proxy.faults(step, *faults):
        decided = far_worker_call("capture", job.id, new_picture(tmp_path))
    assert (decided.status, decided.earned_credits) == ("approved", 50)
    seen = near("jobs.get", job.id)
    assert (seen.files_approved, seen.files_pending, seen.spent_credits) == (1, 0, 50)
    (submission,) = near("submissions.list", job_id=job.id).data
    assert (submission.id, submission.attempt) == (decided.id, 1)


def test_a_slot_whose_file_was_not_sent_is_there_for_the_next(
    far_server: RunningServer, near: Call, proxy: FaultProxy, tmp_path: Path
) -> None:
    job = near("jobs.create", **JOB | {"quantity": 1})
    weary = RetryPolicy(max_retries=0)
    with WorkerClient(far_server.worker_token, proxy.url, retry=weary, timeout_seconds=2.0) as worker:
        for fault in (reset_before, answering(503)):
            with proxy.faults("PUT ", fault), pytest.raises(AssayError):
                worker.capture(job.id, new_picture(tmp_path))
        assert worker.capture(job.id, new_picture(tmp_path)).status == "approved"
    assert near("submissions.summary", job_id=job.id).total == 1


def test_a_slot_whose_file_was_refused_is_not(
    far_server: RunningServer, near: Call, proxy: FaultProxy, tmp_path: Path
) -> None:
    job = near("jobs.create", **JOB | {"quantity": 2})
    with WorkerClient(far_server.worker_token, proxy.url, retry=QUICK) as worker:
        with proxy.faults("PUT ", answering(403)), pytest.raises(AssayError, match="403"):
            worker.capture(job.id, new_picture(tmp_path))
        assert worker.capture(job.id, new_picture(tmp_path)).status == "approved"
    assert near("submissions.summary", job_id=job.id).total == 2


@each_untold
@pytest.mark.parametrize("step", ["POST .*/submissions$", "PUT ", "GET /v1/submissions/"])
def test_a_file_of_ones_own_takes_one_slot(
    far_sync: Call, near: Call, proxy: FaultProxy, tmp_path: Path, step: str, faults: list[Fault]
) -> None:
    job = near("jobs.create", **JOB)
    with proxy.faults(step, *faults):
        decided = far_sync("submissions.upload", job.id, new_picture(tmp_path))
    assert (decided.status, decided.paid_credits) == ("approved", 50)
    assert near("submissions.summary", job_id=job.id).by_status.items() >= {("approved", 1)}
    assert near("jobs.get", job.id).files_pending == 0


@each_untold
def test_a_file_in_a_form_takes_one_slot(
    far_sync: Call, near: Call, proxy: FaultProxy, tmp_path: Path, faults: list[Fault]
) -> None:
    """The boundaries of the form are others on every attempt; its content is not."""
    job = near("jobs.create", **JOB)
    with proxy.faults("POST .*/submissions$", *faults):
        made = far_sync("submissions.create", job.id, file=new_picture(tmp_path))
    assert [one.id for one in near("submissions.list", job_id=job.id).data] == [made.id]


def test_a_score_that_takes_its_time_is_asked_for_once(far_call: Call, proxy: FaultProxy, tmp_path: Path) -> None:
    with proxy.faults("POST /v1/score$", slow(3.0, parts=1)) as seen:
        assert far_call("score", new_picture(tmp_path, 4), description="A menu").score == 4
    assert seen == ["POST /v1/score"]


@each_untold
def test_a_verdict_counts_once(
    far_sync: Call, near: Call, proxy: FaultProxy, tmp_path: Path, faults: list[Fault]
) -> None:
    job = near("jobs.create", **JOB)
    made = near("submissions.upload", job.id, new_picture(tmp_path, 1))
    with proxy.faults("POST .*/review$", *faults):
        assert far_sync("submissions.review", made.id, decision="approve").paid_credits == 50
    assert near("jobs.get", job.id).spent_credits == 50


@each_untold
def test_keys_exports_and_endings_happen_once(
    far_sync: Call, near: Call, proxy: FaultProxy, faults: list[Fault]
) -> None:
    name, job = str(uuid4()), near("jobs.create", **JOB)
    with proxy.faults("POST /v1/api_keys$", *faults):
        key = far_sync("api_keys.create", name=name)
    assert [one.id for one in near("api_keys.list", limit=100).data if one.name == name] == [key.id]
    with proxy.faults("POST .*/exports$", *faults):
        export = far_sync("exports.create", job.id, format="jsonl")
    assert [one.id for one in near("exports.list", job.id).data] == [export.id]
    with proxy.faults("POST .*/cancel$", *faults):
        assert far_sync("jobs.cancel", job.id).status == "cancelled"
    assert [one.action for one in near("jobs.audit", job.id).data].count("job.cancelled") == 1


@pytest.mark.parametrize("fault", [reset_before, reset_after, answering(503, "0", after=True), slow(3.0, parts=1)])
def test_a_deletion_whose_answer_is_lost_is_one(far_call: Call, near: Call, proxy: FaultProxy, fault: Fault) -> None:
    endpoint = near("webhook_endpoints.create", url=f"{proxy.url}/hook", events=["job.timed_out"])
    with proxy.faults("DELETE ", fault):
        assert far_call("webhook_endpoints.delete", endpoint.id) is None
    with pytest.raises(NotFound):
        near("webhook_endpoints.get", endpoint.id)


@each_untold
def test_waiting_goes_on(far_call: Call, near: Call, proxy: FaultProxy, tmp_path: Path, faults: list[Fault]) -> None:
    job: Job = near("jobs.create", **JOB | {"quantity": 1})
    sender = threading.Thread(target=near, args=("submissions.upload", job.id, new_picture(tmp_path)))
    with proxy.faults(f"GET /v1/jobs/{job.id}$", *faults):
        sender.start()
        assert far_call("jobs.wait", job.id, timeout_seconds=60).status == "completed"
    sender.join()


def test_an_answer_that_takes_longer_than_the_retry(far_server: RunningServer, proxy: FaultProxy, near: Call) -> None:
    """Two requests under one key at a time: one of them is told to wait, and gets the other's answer."""
    title, barrier = str(uuid4()), threading.Barrier(2, timeout=30)

    def together(exchange: Any) -> None:
        barrier.wait()
        passing(exchange)

    def create() -> None:
        with Client(far_server.api_key, proxy.url, retry=QUICK) as client:
            made.append(client.jobs.create(**JOB | {"title": title}, idempotency_key=title).id)

    made: list[str] = []
    with proxy.faults("POST /v1/jobs$", together, together):
        both = [threading.Thread(target=create) for _ in range(2)]
        for one in both:
            one.start()
        for one in both:
            one.join()
    assert len(made) == 2
    assert [one.id for one in near("jobs.list", limit=100).data if one.title == title] == [made[0]]


@pytest.mark.parametrize(
    ("fault", "raised"), [(reset_before, ConnectionFailed), (answering(503, "0"), Overloaded)], ids=["reset", "503"]
)
def test_it_is_given_up_in_the_end(far_call: Call, proxy: FaultProxy, fault: Fault, raised: type[Exception]) -> None:
    with proxy.faults("POST /v1/jobs$", *[fault] * (1 + QUICK.max_retries)) as seen, pytest.raises(raised):
        far_call("jobs.create", **JOB)
    assert len(seen) == 1 + QUICK.max_retries


def test_a_client_error_is_not_tried_again(far_call: Call, proxy: FaultProxy) -> None:
    with proxy.faults("POST") as seen, pytest.raises(NotFound):
        far_call("jobs.cancel", "job_01JDZ3N8RT0000000000000000")
    assert len(seen) == 1


@pytest.mark.parametrize("seed", range(3))
def test_a_bad_day(far_worker_call: Call, near: Call, proxy: FaultProxy, tmp_path: Path, seed: int) -> None:
    """Two thirds of all requests of five captures meet some fault."""
    draw = random.Random(seed)
    common: list[Callable[[Any], None]] = [reset_before, reset_after, answering(503, "0", after=True), cut_after(5)]
    job = near("jobs.create", **JOB | {"quantity": 5})
    plan = [draw.choice([*common, passing, passing]) for _ in range(15)]
    with proxy.faults("", *plan):
        for _ in range(5):
            assert far_worker_call("capture", job.id, new_picture(tmp_path)).status == "approved"
    ended = near("jobs.get", job.id)
    assert (ended.status, ended.files_approved, ended.spent_credits) == ("completed", 5, 250)
    assert near("submissions.summary", job_id=job.id).total == 5
