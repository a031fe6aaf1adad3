"""Jobs: what may be asked for, what it holds, how it ends."""

import asyncio
from typing import Any

import httpx
import pytest

from api.auth import ALL_SCOPES
from api.jobs.routes import held_seconds
from api.keys.service import create_key
from api.services import Services
from tests.api.conftest import Client, WorkerClient
from tests.api.scripted import picture
from tests.api.story import JOB, accept, post_job, submit, submit_scored

pytestmark = pytest.mark.anyio


async def _balance(http: httpx.AsyncClient, organization: Client) -> tuple[int, int]:
    shown = (await http.get("/v1/billing/credits", headers=organization.headers)).json()
    return shown["available_credits"], shown["held_credits"]


async def test_a_new_job_shows_every_field_under_both_names(http: httpx.AsyncClient, organization: Client) -> None:
    job = await post_job(http, organization, metadata={"team": "menus"}, requirements={"min_width": 640})
    assert job["object"] == "job"
    assert job["id"].startswith("job_")
    assert (job["quantity"], job["files_needed"]) == (3, 3)
    assert (job["reward_per_file"], job["price_per_file_cents"]) == (50, 50)
    assert (job["file_formats"], job["accepted_formats"]) == (["jpeg", "png"], ["image/jpeg", "image/png"])
    assert (job["total_cost_credits"], job["held_credits"], job["spent_credits"]) == (150, 150, 0)
    assert (job["slots_open"], job["files_pending"], job["files_approved"]) == (3, 0, 0)
    assert (job["min_star_rating"], job["metadata"]) == (3, {"team": "menus"})
    assert job["requirements"] == {"min_width": 640}
    assert job["created_at"].endswith("Z")
    assert (await http.get(f"/v1/jobs/{job['id']}", headers=organization.headers)).json() == job


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"files_needed": 7, "quantity": None}, {"quantity": 7}),
        ({"price_per_file_cents": 25, "reward_per_file": None}, {"reward_per_file": 25}),
        ({"accepted_formats": ["image/webp"], "file_formats": None}, {"file_formats": ["webp"]}),
        ({"file_formats": ["JPG", ".png"]}, {"file_formats": ["jpeg", "png"]}),
        ({"content_type": None}, {"content_type": "image"}),
        ({"file_formats": None}, {"file_formats": ["jpeg", "png", "webp", "heic"]}),
        ({"content_type": None, "file_formats": ["audio/mpeg"]}, {"content_type": "audio", "file_formats": ["mp3"]}),
        ({"file_formats": ["image/heif", "image/jpeg"]}, {"file_formats": ["heic", "jpeg"]}),
        ({"min_width": 800, "min_height": 600}, {"requirements": {"min_width": 800, "min_height": 600}}),
        ({"requirements": {"language": "en-US"}}, {"requirements": {"language": "en"}}),
        ({"title": None}, {"title": JOB["description"]}),
    ],
)
async def test_other_names_and_defaults(
    http: httpx.AsyncClient, organization: Client, changes: dict[str, Any], expected: dict[str, Any]
) -> None:
    job = await post_job(http, organization, **changes)
    assert {name: job[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("changes", "param", "kind"),
    [
        ({"description": "short"}, "description", "validation_error"),
        ({"description": "nul \0 in the middle of it"}, "description", "validation_error"),
        ({"description": None}, "description", "validation_error"),
        ({"title": "t" * 101}, "title", "validation_error"),
        ({"quantity": 0}, "quantity", "validation_error"),
        ({"quantity": 10_001}, "quantity", "validation_error"),
        ({"quantity": True}, "quantity", "validation_error"),
        ({"quantity": "3"}, "quantity", "validation_error"),
        ({"reward_per_file": 9}, "reward_per_file", "pricing_violation"),
        ({"reward_per_file": 50_001}, "reward_per_file", "pricing_violation"),
        ({"type": "feedback"}, "type", "validation_error"),
        (
            {
                "file_formats": ["mp4"],
                "content_type": "video",
                "requirements": {"min_duration_seconds": 3, "max_duration_seconds": 2},
            },
            "requirements.min_duration_seconds",
            "validation_error",
        ),
        ({"file_formats": ["bmp"]}, "file_formats", "validation_error"),
        ({"file_formats": ["mp3"]}, "file_formats", "validation_error"),
        ({"file_formats": None, "content_type": None}, "content_type", "validation_error"),
        ({"min_star_rating": 6}, "min_star_rating", "validation_error"),
        ({"deadline": "2020-01-01T00:00:00Z"}, "deadline", "validation_error"),
        ({"deadline": "2040-01-01T00:00:00"}, "deadline", "validation_error"),
        ({"deadline": "9999-12-31T23:59:59-12:00"}, "deadline", "validation_error"),
        ({"metadata": {f"k{n}": "v" for n in range(21)}}, "metadata", "validation_error"),
        ({"files_per_submission": 6}, "files_per_submission", "validation_error"),
        ({"requirements": {"language": "xx-US"}}, "requirements.language", "validation_error"),
        ({"location": {"lat": 91, "lng": 0, "radius_km": 1}}, "location.lat", "validation_error"),
    ],
)
async def test_what_is_refused(
    http: httpx.AsyncClient, organization: Client, changes: dict[str, Any], param: str, kind: str
) -> None:
    answer = await http.post("/v1/jobs", json=JOB | changes, headers=organization.headers)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"]) == (400, kind, param), answer.text
    assert error["request_id"] == answer.headers["X-Request-Id"]
    assert await _balance(http, organization) == (1_000_000, 0)


async def test_a_job_beyond_the_balance_is_refused_and_leaves_nothing(
    http: httpx.AsyncClient, organization: Client
) -> None:
    answer = await http.post(
        "/v1/jobs", json=JOB | {"quantity": 10_000, "reward_per_file": 101}, headers=organization.headers
    )
    assert (answer.status_code, answer.json()["error"]["type"]) == (402, "insufficient_credits")
    assert (await http.get("/v1/jobs", headers=organization.headers)).json()["data"] == []
    assert await _balance(http, organization) == (1_000_000, 0)


async def test_cancelling_returns_what_is_held_and_makes_pending_files_surplus(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    await submit_scored(http, services, worker, job["id"], 4, seed=1)
    pending = await submit(http, worker, job["id"], picture(4, seed=2))
    waiting = await accept(http, worker, job["id"])
    ended = (await http.post(f"/v1/jobs/{job['id']}/cancel", headers=organization.headers)).json()
    assert (ended["status"], ended["held_credits"], ended["spent_credits"]) == ("cancelled", 0, 50)
    assert (ended["files_pending"], ended["slots_open"]) == (0, 0)
    assert await _balance(http, organization) == (999_950, 0)
    for one in (pending, waiting):
        shown = (await http.get(f"/v1/worker/submissions/{one['id']}", headers=worker.headers)).json()
        assert (shown["status"], shown["strike"]) == ("surplus", False)
    again = await http.post(f"/v1/jobs/{job['id']}/cancel", headers=organization.headers)
    assert (again.status_code, again.json()["error"]["code"]) == (409, "job_not_active")


async def test_a_repeated_create_holds_once(http: httpx.AsyncClient, organization: Client) -> None:
    headers = organization.headers | {"Idempotency-Key": "menus-1"}
    first = await http.post("/v1/jobs", json=JOB, headers=headers)
    again = await http.post("/v1/jobs", json=JOB, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    other = await http.post("/v1/jobs", json=JOB | {"title": "Other"}, headers=headers)
    assert (other.status_code, other.json()["error"]["type"]) == (422, "idempotency_error")
    assert await _balance(http, organization) == (999_850, 150)


async def test_a_create_is_repeated_by_any_key_of_its_mode(
    http: httpx.AsyncClient, services: Services, organization: Client
) -> None:
    async with services.db.write() as session:
        _, successor = create_key(session, organization.id, name="New", livemode=True, scopes=ALL_SCOPES)
    callers = (organization.test_headers, organization.headers, {"Authorization": f"Bearer {successor}"})
    answers = [await http.post("/v1/jobs", json=JOB, headers=who | {"Idempotency-Key": "menus-4"}) for who in callers]
    test, live, again = [answer.json() for answer in answers]
    assert (test["livemode"], live["livemode"], again["id"]) == (False, True, live["id"])
    assert ["Idempotency-Replayed" in answer.headers for answer in answers] == [False, False, True]
    assert await _balance(http, organization) == (999_850, 150)


async def test_many_repetitions_at_once_make_one_job(http: httpx.AsyncClient, organization: Client) -> None:
    headers = organization.headers | {"Idempotency-Key": "menus-2"}
    answers = await asyncio.gather(*(http.post("/v1/jobs", json=JOB, headers=headers) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert await _balance(http, organization) == (999_850, 150)


async def test_a_failed_request_leaves_its_key_unused(http: httpx.AsyncClient, organization: Client) -> None:
    headers = organization.headers | {"Idempotency-Key": "menus-3"}
    assert (await http.post("/v1/jobs", json=JOB | {"quantity": 0}, headers=headers)).status_code == 400
    assert (await http.post("/v1/jobs", json=JOB, headers=headers)).status_code == 201


async def test_pages_go_through_all_jobs_newest_first(http: httpx.AsyncClient, organization: Client) -> None:
    made = [(await post_job(http, organization, title=f"Job {n}"))["id"] for n in range(5)]
    seen, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await http.get("/v1/jobs", params=params, headers=organization.headers)).json()
        assert page["object"] == "list"
        seen += [job["id"] for job in page["data"]]
        cursor = page["next_cursor"]
        assert page["has_more"] == (cursor is not None)
        if cursor is None:
            break
    assert seen == sorted(made, reverse=True)


@pytest.mark.parametrize("params", [{"limit": 0}, {"limit": 101}, {"cursor": "not one"}, {"status": "unknown"}])
async def test_bad_list_parameters(http: httpx.AsyncClient, organization: Client, params: dict[str, Any]) -> None:
    answer = await http.get("/v1/jobs", params=params, headers=organization.headers)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "validation_error")


async def test_a_long_poll_answers_when_a_counter_changes(
    http: httpx.AsyncClient, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    path = f"/v1/jobs/{job['id']}"
    waiting = asyncio.create_task(http.get(path, headers=organization.headers | {"Prefer": "wait=30"}))
    await asyncio.sleep(0.1)
    assert not waiting.done()
    await accept(http, worker, job["id"])
    answer = await waiting
    assert answer.json()["files_pending"] == 1
    assert answer.headers["Preference-Applied"] == "wait=30"


async def test_a_long_poll_ends_without_a_change(http: httpx.AsyncClient, organization: Client) -> None:
    job = await post_job(http, organization)
    answer = await http.get(f"/v1/jobs/{job['id']}", headers=organization.headers | {"Prefer": "wait=1"})
    assert answer.json() == job


async def test_rating_and_audit(http: httpx.AsyncClient, organization: Client) -> None:
    job = await post_job(http, organization)
    rated = await http.post(f"/v1/jobs/{job['id']}/rate", json={"rating": 4}, headers=organization.headers)
    assert rated.json()["rating"] == 4
    audit = (await http.get(f"/v1/jobs/{job['id']}/audit", headers=organization.headers)).json()
    assert [entry["action"] for entry in audit["data"]] == ["job.rated", "job.created"]
    assert audit["data"][0]["actor"].startswith("key_")


async def test_the_organizations_default_rating_is_taken(http: httpx.AsyncClient, organization: Client) -> None:
    await http.patch("/v1/organization/settings", json={"default_min_star_rating": 4}, headers=organization.headers)
    assert (await post_job(http, organization))["min_star_rating"] == 4
    assert (await post_job(http, organization, min_star_rating=2))["min_star_rating"] == 2


@pytest.mark.parametrize(("asked", "held"), [(1, 1), (9, 9), (30, 29), (60, 59)])
def test_a_long_wait_is_answered_before_the_client_gives_up(asked, held):
    assert held_seconds(asked) == held
