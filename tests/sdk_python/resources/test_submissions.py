"""Submissions, scores and the search: every method of both clients; a test is named for its method."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from assay_sdk import ApiError, Conflict, WaitTimeout
from assay_sdk.partial_file import file_sha256

from tests.api.scripted import picture
from tests.api.server import RunningServer
from tests.sdk_python.conftest import JOB, Call, caller, deliver, new_picture


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


def test_submissions_upload_once_more(call: Call, tmp_path: Path) -> None:
    """A program that is run again with its own keys gets what the first run got, wherever that one ended."""
    job, key = call("jobs.create", **JOB), str(uuid4())
    path = new_picture(tmp_path, 4)
    announced = {"filename": path.name, "size_bytes": path.stat().st_size, "sha256": file_sha256(path)}
    slot = call("submissions.announce", job.id, **announced, idempotency_key=key)
    decided = call("submissions.upload", job.id, path, idempotency_key=key)
    assert (decided.id, decided.status) == (slot.id, "approved")
    assert call("submissions.upload", job.id, path, idempotency_key=key) == decided
    assert call("submissions.summary", job_id=job.id).total == 1


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize("status", [409, 412])
def test_submissions_upload_that_is_there_already(kind: str, status: int, tmp_path: Path) -> None:
    """The server has not looked for the file yet: only the store, a local one or S3, knows of it."""
    moment = "2026-01-01T00:00:00Z"
    slot = {"id": "sub_1", "job_id": "job_1", "created_at": moment, "updated_at": moment}
    upload = {"url": "http://store.test/a", "expires_at": moment, "max_bytes": 1000}
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.method)
        if request.method == "PUT":
            return httpx.Response(status)
        waits = "PUT" not in seen
        return httpx.Response(200, json=slot | {"status": "awaiting_upload" if waits else "approved", "upload": upload})

    far = caller(kind, "fh_test_x", "http://assay.test", transport=httpx.MockTransport(answer))
    path = new_picture(tmp_path)
    assert far("submissions.upload", "job_1", path, idempotency_key="menus-1").status == "approved"
    assert seen == ["POST", "GET", "PUT", "GET"]
    with pytest.raises(ApiError, match=str(status)):  # of a slot that nobody can have used
        far("submissions.upload", "job_1", path)


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
    assert call("score", picture(2, seed=99), **wanted, file_formats=["jpeg", "image/png"]).score == 2
    with pytest.raises(ApiError, match="'gif' is not an accepted format"):
        call("score", picture(2, seed=99), **wanted, file_formats=["jpeg", "gif"])


def test_search(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path)
    (found,) = call("search", "menu", job_id=job.id, limit=5).data
    assert (found.object, found.file.job_id, found.contains_words) == ("search_result", job.id, True)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_submissions_upload_of_a_key_whose_time_has_run_out(kind: str, tmp_path: Path) -> None:
    """Nothing was sent, and nothing can be: that is no success."""
    moment = "2026-01-01T00:00:00Z"
    slot = {"id": "sub_1", "job_id": "job_1", "created_at": moment, "updated_at": moment, "status": "expired"}
    upload = {"url": "http://store.test/a", "expires_at": moment, "max_bytes": 1000}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=slot | {"upload": upload}))
    far = caller(kind, "fh_test_x", "http://assay.test", transport=transport)
    with pytest.raises(Conflict, match="has run out"):
        far("submissions.upload", "job_1", new_picture(tmp_path), idempotency_key="mine")
