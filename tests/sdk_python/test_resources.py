"""Every public method of both clients against a real server: a test is named for its method."""

import asyncio
import inspect
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args
from uuid import uuid4

import httpx
import pytest
from assay_sdk import ApiError, AsyncClient, AsyncWorkerClient, Client, Conflict, NotFound, WaitTimeout, WorkerClient

from tests.api.scripted import picture
from tests.api.server import RunningServer
from tests.sdk_python.conftest import JOB, Call, deliver, forgive, new_picture, until
from tests.sdk_python.inbox import Inbox

UNSERVED = {"/healthz", "/readyz", "/metrics", "/v1/billing/stripe/webhook", "/v1/auth/signup"}
"""Not for clients that have a key: of operators, of the payment provider, before there is one."""


@pytest.fixture
def endpoint(call: Call, inbox: Inbox) -> Iterator[Any]:
    made = call("webhook_endpoints.create", url=inbox.url, events=["job.cancelled"])
    yield made
    call("webhook_endpoints.delete", made.id)


def methods(client: Any) -> set[str]:
    """`jobs_create` and so on."""
    own = {name for name, _ in inspect.getmembers(client, inspect.ismethod)}
    nouns = {name: noun for name, noun in vars(client).items() if not name.startswith("_")}
    deep = {f"{name}_{one}" for name, noun in nouns.items() for one, _ in inspect.getmembers(noun, inspect.ismethod)}
    return {name for name in own | deep if not name.startswith("_") and "__" not in name}


def test_every_method_is_tested() -> None:
    tested = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    clients = methods(Client("fh_test_x")), {f"worker_{name}" for name in methods(WorkerClient("wk_x"))}
    for names in clients:
        assert names - tested == set()
    assert clients[0] == methods(AsyncClient("fh_test_x"))
    assert clients[1] == {f"worker_{name}" for name in methods(AsyncWorkerClient("wk_x"))}


def test_jobs_create(call: Call) -> None:
    deadline = datetime.now(UTC) + timedelta(days=1)
    job = call(
        "jobs.create",
        **JOB,
        min_star_rating=4,
        scoring_criteria="Prices can be read",
        files_per_submission=2,
        max_workers=7,
        deadline=deadline,
        location={"lat": 52.5, "lng": 13.4, "radius_km": 20},
        worker_guidelines="No people",
        requirements={"min_width": 32, "must_contain_text": ["Coffee"]},
        metadata={"campaign": "spring", "wave": 2, "note": None},
        keep_location=True,
    )
    assert (job.object, job.status, job.livemode, job.total_cost_credits) == ("job", "active", True, 150)
    assert (job.min_star_rating, job.max_workers, job.files_per_submission, job.keep_location) == (4, 7, 2, True)
    assert (job.scoring_criteria, job.worker_guidelines) == ("Prices can be read", "No people")
    assert abs(job.deadline - deadline) < timedelta(seconds=1)
    assert (job.location.lat, job.location.radius_km) == (52.5, 20)
    assert (job.requirements.min_width, job.requirements.must_contain_text) == (32, ["Coffee"])
    assert job.metadata == {"campaign": "spring", "wave": 2, "note": None}


def test_jobs_create_after_another(call: Call) -> None:
    """What a job says can be asked for again."""
    first = call("jobs.create", **JOB, requirements={"min_width": 32}, location={"lat": 1, "lng": 2, "radius_km": 3})
    again = call("jobs.create", **JOB, requirements=first.requirements, location=first.location)
    assert (again.requirements, again.location) == (first.requirements, first.location)


def test_jobs_create_again_under_its_key(call: Call) -> None:
    key = str(uuid4())
    assert call("jobs.create", **JOB, idempotency_key=key) == call("jobs.create", **JOB, idempotency_key=key)


def test_jobs_get(call: Call) -> None:
    job = call("jobs.create", **JOB)
    assert call("jobs.get", job.id) == job
    with pytest.raises(NotFound):
        call("jobs.get", "job_01JDZ3N8RT0000000000000000")
    with pytest.raises(NotFound):
        call("jobs.get", "../jobs?limit=1")
    with pytest.raises(ValueError, match="job_id is empty"):
        call("jobs.get", "")


def test_jobs_list(call: Call) -> None:
    made = [call("jobs.create", **JOB).id for _ in range(3)]
    page = call("jobs.list", status="active", limit=2)
    assert [job.id for job in page.data] == made[:0:-1]
    assert page.has_more
    assert call("jobs.list", status="active", limit=2, cursor=page.next_cursor).data[0].id == made[0]


def test_jobs_cancel(call: Call) -> None:
    job = call("jobs.create", **JOB)
    assert call("jobs.cancel", job.id).status == "cancelled"
    with pytest.raises(Conflict) as refused:
        call("jobs.cancel", job.id)
    assert refused.value.code == "job_not_active"


def test_jobs_rate(call: Call) -> None:
    job = call("jobs.create", **JOB)
    assert call("jobs.rate", job.id, rating=4, comment="Sharp").rating == 4


def test_jobs_audit(call: Call) -> None:
    job = call("jobs.create", **JOB)
    call("jobs.cancel", job.id)
    page = call("jobs.audit", job.id)
    assert [entry.action for entry in page.data] == ["job.cancelled", "job.created"]
    assert page.data[1].details.quantity == 3


def test_jobs_wait(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB | {"quantity": 2})
    deliver(server, job, tmp_path)
    assert call("jobs.wait", job.id, files=1, timeout_seconds=60).files_approved == 1
    with pytest.raises(WaitTimeout) as late:
        call("jobs.wait", job.id, files=2, timeout_seconds=1)
    assert late.value.resource.files_approved == 1
    deliver(server, job, tmp_path)
    assert call("jobs.wait", job.id, timeout_seconds=60).status == "completed"
    assert call("jobs.wait", job.id, files=9).status == "completed"


def test_files_list(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path, stars=4)
    deliver(server, job, tmp_path, stars=1)
    forgive(server)
    (good,) = call("files.list", job_id=job.id, status="approved").data
    assert (good.score, good.ai_star_rating, good.width, good.height) == (4, 4, 96, 64)
    assert (good.annotations.ocr_text, good.annotations.object_labels, good.annotations.language) == ("MENU", [], None)
    assert call("files.list", job_id=job.id, min_score=5).data == []
    assert {file.score for file in call("files.list", job_id=job.id).data} == {4, 1}


def test_files_list_of_job(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path, stars=4)
    deliver(server, job, tmp_path, stars=1)
    forgive(server)
    assert [file.status for file in call("files.list_of_job", job.id).data] == ["approved"]
    assert [file.status for file in call("files.list_of_job", job.id, status="rejected").data] == ["rejected"]


def test_files_get(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path)
    (file,) = call("files.list", job_id=job.id).data
    assert call("files.get", file.id).sha256 == file.sha256


def test_files_refresh_url(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path)
    (file,) = call("files.list", job_id=job.id).data
    assert httpx.get(call("files.refresh_url", file.id).download_url).status_code == 200


def test_files_download(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path)
    (file,) = call("files.list", job_id=job.id).data
    assert call("files.download", file.id, tmp_path) == tmp_path / f"{file.id}.png"
    assert call("files.download", file.id, tmp_path / "menu.png").stat().st_size == file.size_bytes


def test_files_download_all(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path, count=3)
    delivery = call("files.download_all", job_id=job.id, output_dir=tmp_path / "menus")
    assert len(delivery.files) == 3
    assert all(one.path.stat().st_size == one.file.size_bytes for one in delivery.files)


def test_submissions_create(call: Call, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    path = new_picture(tmp_path, 4)
    captured_at = datetime(2026, 5, 1, 12, tzinfo=UTC)
    made = call("submissions.create", job.id, file=path, worker_ref="ada", captured_at=captured_at)
    assert (made.status, made.filename, made.worker_ref, made.captured_at) == (
        "pending_score",
        path.name,
        "ada",
        captured_at,
    )
    of_bytes = call("submissions.create", job.id, file=picture(5, seed=4711), filename="menu.png")
    assert of_bytes.filename == "menu.png"


def test_submissions_announce(call: Call, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    slot = call("submissions.announce", job.id, filename="menu.png", size_bytes=3, worker_ref="ada")
    assert (slot.status, slot.worker_ref, slot.upload.method) == ("awaiting_upload", "ada", "PUT")
    assert not slot.is_decided


def test_submissions_upload(call: Call, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    path, told = new_picture(tmp_path, 4), list[Any]()
    decided = call("submissions.upload", job.id, path, worker_ref="ada", on_progress=told.append)
    assert (decided.status, decided.score, decided.paid_credits) == ("approved", 4, 50)
    assert told[-1].sent_bytes == told[-1].total_bytes == path.stat().st_size
    assert call("files.get", decided.file_id).submission_id == decided.id


def test_submissions_wait(call: Call, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    made = call("submissions.create", job.id, file=new_picture(tmp_path, 3))
    assert call("submissions.wait", made.id, timeout_seconds=60).status == "approved"
    slot = call("submissions.announce", job.id, filename="menu.png", size_bytes=3)
    with pytest.raises(WaitTimeout) as late:
        call("submissions.wait", slot.id, timeout_seconds=0.3)
    assert late.value.resource.status == "awaiting_upload"


def test_submissions_get(call: Call, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    decided = call("submissions.upload", job.id, new_picture(tmp_path, 5))
    assert call("submissions.get", decided.id) == decided


def test_submissions_list(call: Call, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    decided = call("submissions.upload", job.id, new_picture(tmp_path, 5))
    assert [one.id for one in call("submissions.list", job_id=job.id, status="approved").data] == [decided.id]
    assert call("submissions.list", job_id=job.id, status="expired").data == []


def test_submissions_list_of_job(call: Call, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    decided = call("submissions.upload", job.id, new_picture(tmp_path, 5))
    assert [one.id for one in call("submissions.list_of_job", job.id).data] == [decided.id]


def test_submissions_summary(call: Call, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    call("submissions.upload", job.id, new_picture(tmp_path, 5))
    counted = call("submissions.summary", job_id=job.id)
    assert (counted.total, counted.by_status["approved"], counted.by_score["5"]) == (1, 1, 1)
    assert (counted.average_score, counted.approval_rate, counted.paid_credits) == (5.0, 1.0, 50)


def test_submissions_review(call: Call, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    decided = call("submissions.upload", job.id, new_picture(tmp_path, 5))
    reviewed = call("submissions.review", decided.id, decision="reject", score=1, note="Not a menu")
    assert (reviewed.status, reviewed.score) == ("rejected", 1)
    assert reviewed.reviewed_at is not None


def test_score(call: Call, tmp_path: Path) -> None:
    wanted: dict[str, Any] = {"description": "A coffee shop menu", "content_type": "image"}
    by_path = call("score", new_picture(tmp_path, 4), **wanted, requirements={"min_width": 32})
    assert (by_path.score, by_path.ai_star_rating, by_path.score_breakdown.relevance) == (4, 4, 4.0)
    assert by_path.score_breakdown.feedback == "As the picture says."
    assert by_path.annotations.ocr_text == "MENU"
    assert call("score", picture(2, seed=99), **wanted).score == 2


def test_search(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path)
    (found,) = call("search", "menu", job_id=job.id, limit=5).data
    assert (found.object, found.file.job_id, found.contains_words) == ("search_result", job.id, True)


def test_exports_create(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path)
    made = call("exports.create", job.id, format="jsonl")
    assert (made.job_id, made.format, made.download_url) == (job.id, "jsonl", None)


def test_exports_get(call: Call) -> None:
    job = call("jobs.create", **JOB)
    made = call("exports.create", job.id, format="hf")
    assert call("exports.get", made.id).id == made.id


def test_exports_list(call: Call) -> None:
    job = call("jobs.create", **JOB)
    made = [call("exports.create", job.id, format=format).id for format in ("jsonl", "coco")]
    assert [one.id for one in call("exports.list", job.id).data] == made[::-1]


def test_exports_wait(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path)
    made = call("exports.create", job.id, format="jsonl")
    ready = call("exports.wait", made.id, timeout_seconds=60)
    assert (ready.status, ready.file_count) == ("completed", 1)


def test_exports_download(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path)
    made = call("exports.wait", call("exports.create", job.id, format="jsonl").id, timeout_seconds=60)
    path = call("exports.download", made.id, tmp_path)
    assert path.name == f"{job.id}-jsonl.zip"
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        assert any(name.endswith(".png") for name in archive.namelist())


def test_api_keys_create(call: Call, server: RunningServer) -> None:
    made = call("api_keys.create", name="CI", scopes=["usage:read"], expires_in_days=3, mode="live")
    assert made.key.startswith("fh_live_")
    assert made.key not in repr(made)
    with Client(made.key, server.url) as other:
        assert other.credits.balance().currency == "usd"


def test_api_keys_list(call: Call) -> None:
    made = call("api_keys.create", name="CI")
    assert [key.id for key in call("api_keys.list", limit=1).data] == [made.id]


def test_api_keys_rotate(call: Call) -> None:
    old = call("api_keys.create", name="CI")
    new = call("api_keys.rotate", old.id)
    assert new.key != old.key
    assert {key.status for key in call("api_keys.list", limit=2).data} == {"active", "expiring"}


def test_api_keys_revoke(call: Call) -> None:
    made = call("api_keys.create", name="CI")
    assert call("api_keys.revoke", made.id) is None
    assert call("api_keys.list", limit=1).data[0].status == "revoked"


def test_webhook_endpoints_create(endpoint: Any, inbox: Inbox) -> None:
    assert (endpoint.url, endpoint.events, endpoint.status) == (inbox.url, ["job.cancelled"], "enabled")
    assert endpoint.secret.startswith("whsec_")
    assert endpoint.secret not in repr(endpoint)


def test_webhook_endpoints_get(call: Call, endpoint: Any) -> None:
    assert call("webhook_endpoints.get", endpoint.id).url == endpoint.url


def test_webhook_endpoints_list(call: Call, endpoint: Any) -> None:
    assert call("webhook_endpoints.list").data[0].id == endpoint.id


def test_webhook_endpoints_update(call: Call, endpoint: Any) -> None:
    changed = call("webhook_endpoints.update", endpoint.id, description="Menus", status="disabled")
    assert (changed.description, changed.status, changed.events) == ("Menus", "disabled", ["job.cancelled"])
    assert call("webhook_endpoints.update", endpoint.id, description=None).description is None


def test_webhook_endpoints_delete(call: Call, inbox: Inbox) -> None:
    made = call("webhook_endpoints.create", url=inbox.url)
    assert call("webhook_endpoints.delete", made.id) is None
    with pytest.raises(NotFound):
        call("webhook_endpoints.delete", made.id)


def test_webhook_endpoints_rotate_secret(call: Call, endpoint: Any) -> None:
    assert call("webhook_endpoints.rotate_secret", endpoint.id).secret != endpoint.secret


def test_webhook_events_list(call: Call, endpoint: Any) -> None:
    job = call("jobs.create", **JOB)
    call("jobs.cancel", job.id)
    (event,) = until(
        lambda: call("webhook_events.list", type="job.cancelled", limit=1).data,
        lambda events: bool(events[0].deliveries),
    )
    assert (event.data.id, event.data.status, event.livemode) == (job.id, "cancelled", True)
    assert [sent.endpoint_id for sent in event.deliveries] == [endpoint.id]


def test_webhook_events_replay(call: Call, endpoint: Any) -> None:
    job = call("jobs.create", **JOB)
    call("jobs.cancel", job.id)
    (event,) = call("webhook_events.list", type="job.cancelled", limit=1).data
    assert call("webhook_events.replay", event.id).id == event.id


def test_credits_balance(call: Call) -> None:
    balance = call("credits.balance")
    assert balance.total_credits == balance.available_credits + balance.held_credits


def test_credits_transactions(call: Call) -> None:
    job = call("jobs.create", **JOB)
    (hold,) = call("credits.transactions", type="hold", job_id=job.id).data
    assert (hold.amount_credits, hold.job_id) == (-150, job.id)


def test_credits_purchase(call: Call) -> None:
    bought = call("credits.purchase", amount_credits=500)
    assert (bought.status, bought.amount_cents, bought.transaction.type) == ("completed", 500, "purchase")


def test_organization_settings(call: Call, server: RunningServer) -> None:
    assert call("organization.settings").organization_id == server.organization_id


def test_organization_update_settings(call: Call) -> None:
    changed = call("organization.update_settings", retention_days=30, low_balance_credits=5)
    assert (changed.retention_days, changed.low_balance_credits) == (30, 5)
    back = call("organization.update_settings", retention_days=None)
    assert (back.retention_days, back.low_balance_credits) == (90, 5)


def test_workers_create(call: Call, server: RunningServer) -> None:
    made = call("workers.create", name="Ada", email="ada@example.com", metadata={"city": "Berlin"})
    assert (made.name, made.email, made.metadata, made.status) == (
        "Ada", "ada@example.com", {"city": "Berlin"}, "active",
    )  # fmt: skip
    with WorkerClient(made.token, server.url) as worker:
        assert worker.me().id == made.id


def test_workers_get(call: Call) -> None:
    made = call("workers.create", name="Ada")
    assert call("workers.get", made.id).name == "Ada"


def test_workers_list(call: Call) -> None:
    made = call("workers.create", name="Ada")
    assert call("workers.list", status="active", limit=1).data[0].id == made.id


def test_workers_ban(call: Call) -> None:
    made = call("workers.create", name="Ada")
    banned = call("workers.ban", made.id, reason="Copies")
    assert (banned.status, banned.banned_reason) == ("banned", "Copies")


def test_workers_unban(call: Call) -> None:
    made = call("workers.create", name="Ada")
    call("workers.ban", made.id)
    assert call("workers.unban", made.id).status == "active"


def test_workers_invite(call: Call, server: RunningServer) -> None:
    made = call("workers.create", name="Ada")
    invitation = call("workers.invite", made.id)
    assert invitation.worker_id == made.id
    assert invitation.url.startswith(f"{server.url}/capture#inv_")
    assert invitation.qr_svg.startswith("<svg")
    assert invitation.expires_at > datetime.now(UTC) + timedelta(days=6)


def test_workers_rotate_token(call: Call) -> None:
    made = call("workers.create", name="Ada")
    assert call("workers.rotate_token", made.id).token != made.token


def test_ops_overview(call: Call) -> None:
    told = call("ops.overview")
    assert (told.object, told.checks) == ("ops_overview", {"database": "ok", "store": "ok", "engine": "ok"})
    assert told.queue.waiting >= 0
    assert [one.stage for one in told.latencies] == ["queue", "score", "deliver", "settle"]
    assert [one.role for one in told.models] == ["concepts"]
    assert told.models[0].batch.max_items > 0


def test_ops_change_batch(call: Call) -> None:
    changed = call("ops.change_batch", "concepts", max_items=5, wait_seconds=0.5)
    assert (changed.role, changed.max_items, changed.wait_seconds) == ("concepts", 5, 0.5)
    assert call("ops.overview").models[0].batch.max_items == 5
    with pytest.raises(NotFound):
        call("ops.change_batch", "translator", max_items=5)


def test_close(server: RunningServer) -> None:
    client = Client(server.api_key, server.url)
    client.credits.balance()
    client.close()
    with pytest.raises(RuntimeError, match="closed"):
        client.credits.balance()


def test_worker_me(worker_call: Call) -> None:
    assert worker_call("me").status == "active"


def test_worker_jobs_list(worker_call: Call, client: Client) -> None:
    job = client.jobs.create(**JOB)
    (shown,) = worker_call("jobs.list", limit=1).data
    assert (shown.id, shown.reward_per_file, shown.slots_open) == (job.id, 50, 3)


def test_worker_jobs_get(worker_call: Call, client: Client) -> None:
    job = client.jobs.create(**JOB)
    assert worker_call("jobs.get", job.id).description == job.description


def test_worker_jobs_accept(worker_call: Call, client: Client) -> None:
    job = client.jobs.create(**JOB)
    slot = worker_call("jobs.accept", job.id)
    assert (slot.job_id, slot.status, slot.upload.method) == (job.id, "awaiting_upload", "PUT")


def test_worker_submissions_submit(worker_call: Call, client: Client, tmp_path: Path) -> None:
    job = client.jobs.create(**JOB)
    slot = worker_call("jobs.accept", job.id)
    with pytest.raises(Conflict) as refused:
        worker_call("submissions.submit", slot.id)
    assert refused.value.code == "upload_missing"
    httpx.put(slot.upload.url, content=new_picture(tmp_path).read_bytes(), headers=slot.upload.headers)
    assert worker_call("submissions.submit", slot.id, filename="menu.png").status == "pending_score"


def test_worker_submissions_begin_parted_upload(worker_call: Call, client: Client) -> None:
    slot = worker_call("jobs.accept", client.jobs.create(**JOB).id)
    begun = worker_call("submissions.begin_parted_upload", slot.id, size_bytes=12_000_000)
    assert (begun.size_bytes, begun.received_bytes) == (12_000_000, 0)
    assert [part.number for part in begun.missing] == [1, 2, 3]
    assert sum(part.size_bytes for part in begun.missing) == 12_000_000


def test_worker_submissions_parted_upload(worker_call: Call, worker: WorkerClient, client: Client) -> None:
    """What is sent is missing no more, and a file that is complete can be submitted."""
    slot = worker.jobs.accept(client.jobs.create(**JOB).id)
    begun = worker.submissions.begin_parted_upload(slot.id, size_bytes=10)
    (part,) = begun.missing
    assert worker_call("submissions.parted_upload", slot.id, upload_id=begun.upload_id).missing[0].number == 1
    httpx.put(part.url, content=bytes(10), headers=part.headers).raise_for_status()
    assert worker_call("submissions.parted_upload", slot.id).missing == []
    with pytest.raises(NotFound):
        worker_call("submissions.parted_upload", slot.id, upload_id="another")
    assert worker.submissions.submit(slot.id).status == "pending_score"


def test_worker_submissions_get(worker_call: Call, client: Client) -> None:
    job = client.jobs.create(**JOB)
    slot = worker_call("jobs.accept", job.id)
    assert worker_call("submissions.get", slot.id).upload.url


def test_worker_submissions_list(worker_call: Call, client: Client) -> None:
    job = client.jobs.create(**JOB)
    slot = worker_call("jobs.accept", job.id)
    assert [one.id for one in worker_call("submissions.list", job_id=job.id).data] == [slot.id]
    assert worker_call("submissions.list", job_id=job.id, status="approved").data == []


def test_worker_submissions_wait(worker_call: Call, client: Client, tmp_path: Path) -> None:
    job = client.jobs.create(**JOB)
    decided = worker_call("capture", job.id, new_picture(tmp_path))
    assert worker_call("submissions.wait", decided.id, timeout_seconds=5) == decided


def test_worker_submissions_retry(worker_call: Call, client: Client, tmp_path: Path) -> None:
    job = client.jobs.create(**JOB)
    weak = worker_call("capture", job.id, new_picture(tmp_path, 2))
    assert (weak.status, weak.can_retry) == ("retry_pending", True)
    again = worker_call("submissions.retry", weak.id)
    assert (again.id, again.attempt, again.status) == (weak.id, 2, "awaiting_upload")


def test_worker_capture(worker_call: Call, client: Client, tmp_path: Path) -> None:
    job = client.jobs.create(**JOB)
    path, told = new_picture(tmp_path, 4), list[Any]()
    captured_at = datetime(2026, 5, 1, 12, tzinfo=UTC)
    decided = worker_call("capture", job.id, path, captured_at=captured_at, on_progress=told.append)
    assert (decided.status, decided.score, decided.earned_credits) == ("approved", 4, 50)
    assert (decided.filename, decided.feedback) == (path.name, "As the picture says.")
    assert told[-1].sent_bytes == told[-1].total_bytes == path.stat().st_size
    with pytest.raises(FileNotFoundError):
        worker_call("capture", job.id, tmp_path / "none.png")
    assert client.jobs.get(job.id).files_pending == 0


def test_worker_capture_of_several_at_a_time(worker: WorkerClient, client: Client, tmp_path: Path) -> None:
    """One `accept` gives three slots, and all three are used."""
    job = client.jobs.create(**JOB | {"files_per_submission": 3})
    for pending in (2, 1, 0):
        assert worker.capture(job.id, new_picture(tmp_path)).status == "approved"
        assert client.jobs.get(job.id).files_pending == pending
    assert client.jobs.get(job.id).status == "completed"


def test_worker_recapture(worker_call: Call, client: Client, tmp_path: Path) -> None:
    job = client.jobs.create(**JOB)
    weak = worker_call("capture", job.id, new_picture(tmp_path, 2))
    better = worker_call("recapture", weak.id, new_picture(tmp_path, 5))
    assert (better.id, better.status, better.attempt) == (weak.id, "approved", 2)
    with pytest.raises(Conflict):
        worker_call("recapture", weak.id, new_picture(tmp_path, 5))


def test_worker_close(server: RunningServer) -> None:
    worker = WorkerClient(server.worker_token, server.url)
    worker.close()
    with pytest.raises(RuntimeError, match="closed"):
        worker.me()


def test_iterating_goes_over_all_pages(client: Client, server: RunningServer) -> None:
    made = [client.jobs.create(**JOB | {"title": "Pages"}).id for _ in range(5)]
    assert [job.id for job, _ in zip(client.jobs.list(limit=2), made, strict=False)] == made[::-1]
    page = client.jobs.list(limit=2)
    following = page.next_page()
    assert following is not None
    assert [job.id for job in following.data] == made[2:0:-1]

    async def listed() -> tuple[list[str], list[str]]:
        async with AsyncClient(server.api_key, server.url) as other:
            every = [job.id async for job in other.jobs.list(limit=2)]
            rest = [job.id async for job in await other.jobs.list(limit=2)]
            return every, rest

    every, rest = asyncio.run(listed())
    assert every == rest == [job.id for job in client.jobs.list(limit=100)]
    assert every[:5] == made[::-1]


def test_every_operation_of_the_contract_is_reached(tmp_path: Path) -> None:
    """By calling every method once with something for each argument that it must have."""
    asked: set[tuple[str, str]] = set()

    def refuse(request: httpx.Request) -> httpx.Response:
        asked.add((request.method, request.url.path))
        return httpx.Response(418)

    transport = httpx.MockTransport(refuse)
    for client in (Client("fh_test_x", transport=transport), WorkerClient("wk_x", transport=transport)):
        for method in _methods(client):
            if method.__name__ != "close":
                with pytest.raises(ApiError):
                    method(**_something(method, new_picture(tmp_path)))
    document = json.loads((Path(__file__).parents[2] / "docs" / "openapi.json").read_text())
    offered = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    missed = {one for one in offered if one[1] not in UNSERVED and not any(_is(one, other) for other in asked)}
    assert missed == set()


def _methods(client: Any) -> Iterator[Callable[..., Any]]:
    for holder in (client, *(noun for name, noun in vars(client).items() if not name.startswith("_"))):
        for name, method in inspect.getmembers(holder, inspect.ismethod):
            if not name.startswith("_"):
                yield method


def _something(method: Callable[..., Any], path: Path) -> dict[str, Any]:
    needed = {
        name: parameter.annotation
        for name, parameter in inspect.signature(method).parameters.items()
        if parameter.default is parameter.empty
    }
    return {name: path if Path in get_args(kind) else 1 if kind is int else "x" for name, kind in needed.items()}


def _is(operation: tuple[str, str], asked: tuple[str, str]) -> bool:
    pattern = re.sub(r"\{\w+\}", "[^/]+", operation[1])
    return operation[0] == asked[0] and re.fullmatch(pattern, asked[1]) is not None
