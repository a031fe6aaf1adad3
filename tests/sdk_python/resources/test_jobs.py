"""Jobs: every method of both clients against a real server; a test is named for its method."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from assay_sdk import AsyncClient, Client, Conflict, NotFound, WaitTimeout

from tests.api.server import RunningServer
from tests.sdk_python.conftest import JOB, Call, deliver


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
