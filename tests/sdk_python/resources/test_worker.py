"""The worker's client: every method, blocking and not, against a real server; a test is named for its method."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from assay_sdk import Client, Conflict, NotFound, WorkerClient

from tests.api.server import RunningServer
from tests.sdk_python.conftest import JOB, Call, new_picture


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


def test_worker_recapture_after_a_submit_that_was_lost(worker: WorkerClient, client: Client, tmp_path: Path) -> None:
    """The file is there, and nobody has said so: the second attempt is the same slot, and goes on."""
    job = client.jobs.create(**JOB)
    weak, better = worker.capture(job.id, new_picture(tmp_path, 2)), new_picture(tmp_path, 5)
    upload = worker.submissions.retry(weak.id).upload
    assert upload is not None
    httpx.put(upload.url, content=better.read_bytes(), headers=upload.headers).raise_for_status()
    assert worker.recapture(weak.id, better).status == "approved"


def test_worker_close(server: RunningServer) -> None:
    worker = WorkerClient(server.worker_token, server.url)
    worker.close()
    with pytest.raises(RuntimeError, match="closed"):
        worker.me()
