"""The client's own files: brought in a form, or announced and uploaded."""

import asyncio
import hashlib
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import update

from api.auth import Caller
from api.clock import now
from api.credits.check import check
from api.dispatcher import Dispatcher
from api.services import Services
from api.submissions.service import Brought, bring
from api.submissions.uploads import Upload
from api.sweeper import Sweeper
from api.tables import Submission
from tests.api.conftest import Client
from tests.api.scripted import picture
from tests.api.story import post_job

pytestmark = pytest.mark.anyio


async def _status(http: httpx.AsyncClient, organization: Client, submission_id: str) -> str:
    shown = (await http.get(f"/v1/submissions/{submission_id}", headers=organization.headers)).json()
    return str(shown["status"])


async def test_a_form_is_queued_at_once(http: httpx.AsyncClient, services: Services, organization: Client) -> None:
    job = await post_job(http, organization)
    answer = await http.post(
        f"/v1/jobs/{job['id']}/submissions",
        files={"file": ("menu.png", picture(4))},
        data={"worker_ref": "field team 7", "captured_at": "2026-01-02T03:04:05+01:00"},
        headers=organization.headers,
    )
    made = answer.json()
    assert (answer.status_code, made["status"], made["worker_id"]) == (201, "pending_score", None)
    assert (made["filename"], made["worker_ref"]) == ("menu.png", "field team 7")
    assert made["captured_at"] == "2026-01-02T02:04:05.000Z"
    await Dispatcher(services).drain()
    assert await _status(http, organization, made["id"]) == "approved"
    assert await check(services.db) == []


async def test_a_form_may_tell_the_digest_of_its_file(http: httpx.AsyncClient, organization: Client) -> None:
    job, content = await post_job(http, organization), picture(4)
    told = hashlib.sha256(content).hexdigest().upper()
    route, files = f"/v1/jobs/{job['id']}/submissions", {"file": ("menu.png", content)}
    broken = await http.post(route, files=files, data={"sha256": told[::-1]}, headers=organization.headers)
    assert (broken.status_code, broken.json()["error"]["param"]) == (400, "sha256")
    assert (await http.get(f"/v1/jobs/{job['id']}", headers=organization.headers)).json() == job
    assert told.lower() in broken.json()["error"]["message"]
    for same in (told, ""):
        intact = await http.post(route, files=files, data={"sha256": same}, headers=organization.headers)
        assert intact.status_code == 201, intact.text


async def test_an_announced_file_is_queued_when_it_is_there(
    http: httpx.AsyncClient, services: Services, organization: Client
) -> None:
    job, content = await post_job(http, organization), picture(5)
    body = {"filename": "menu.png", "size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    made = (await http.post(f"/v1/jobs/{job['id']}/submissions", json=body, headers=organization.headers)).json()
    assert made["status"] == "awaiting_upload"
    await Sweeper(services).arrivals()
    assert await _status(http, organization, made["id"]) == "awaiting_upload"
    upload = made["upload"]
    assert (await http.put(upload["url"], content=content, headers=upload["headers"])).status_code == 200
    async with services.db.write() as session:
        await session.execute(update(Submission).values(arrival_check_at=now()))
    await Sweeper(services).arrivals()
    await Dispatcher(services).drain()
    assert await _status(http, organization, made["id"]) == "approved"


@pytest.mark.parametrize("kind", ["json", "form"])
async def test_a_capture_before_all_time_is_refused(http: httpx.AsyncClient, organization: Client, kind: str) -> None:
    job = await post_job(http, organization)
    told = {"filename": "a.png", "size_bytes": 1000, "captured_at": "0001-01-01T00:00:00+12:00"}
    sent = {"json": told} if kind == "json" else {"files": {"file": ("a.png", picture(4))}, "data": told}
    answer = await http.post(f"/v1/jobs/{job['id']}/submissions", headers=organization.headers, **sent)
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"]) == (400, "validation_error", "captured_at")


@pytest.mark.parametrize("is_there", [True, False])
@pytest.mark.parametrize("look", ["leases", "arrivals"])
async def test_a_late_look_loses_no_file_that_came_in_time(
    http: httpx.AsyncClient, services: Services, organization: Client, look: str, is_there: bool
) -> None:
    job, body = await post_job(http, organization), {"filename": "menu.png", "size_bytes": len(picture(5))}
    made = (await http.post(f"/v1/jobs/{job['id']}/submissions", json=body, headers=organization.headers)).json()
    if is_there:
        upload = made["upload"]
        assert (await http.put(upload["url"], content=picture(5), headers=upload["headers"])).status_code == 200
    async with services.db.write() as session:
        await session.execute(update(Submission).values(lease_expires_at=now() - timedelta(hours=1)))
    await getattr(Sweeper(services), look)()
    await Sweeper(services).leases()
    assert await _status(http, organization, made["id"]) == ("pending_score" if is_there else "expired")


async def test_a_repeated_form_is_one_submission(
    http: httpx.AsyncClient, services: Services, organization: Client
) -> None:
    job = await post_job(http, organization)
    path, headers = f"/v1/jobs/{job['id']}/submissions", organization.headers | {"Idempotency-Key": "one"}
    first = await http.post(path, files={"file": ("a.png", picture(4))}, headers=headers)
    again = await http.post(path, files={"file": ("a.png", picture(4))}, headers=headers)
    other = await http.post(path, files={"file": ("a.png", picture(3))}, headers=headers)
    assert first.json()["id"] == again.json()["id"]
    assert (again.headers["Idempotency-Replayed"], other.status_code) == ("true", 422)
    assert len(_stored(services)) == 1


async def test_nobody_is_asked_to_try_the_clients_file_again(
    http: httpx.AsyncClient, services: Services, organization: Client
) -> None:
    job = await post_job(http, organization)
    path = f"/v1/jobs/{job['id']}/submissions"
    made = (await http.post(path, files={"file": ("a.png", picture(2))}, headers=organization.headers)).json()
    await Dispatcher(services).drain()
    assert await _status(http, organization, made["id"]) == "rejected"


async def test_a_full_job_takes_no_file_and_keeps_no_bytes(
    http: httpx.AsyncClient, services: Services, organization: Client
) -> None:
    job = await post_job(http, organization, quantity=1)
    path = f"/v1/jobs/{job['id']}/submissions"
    first = await http.post(path, files={"file": ("a.png", picture(4))}, headers=organization.headers)
    second = await http.post(path, files={"file": ("b.png", picture(5))}, headers=organization.headers)
    assert (first.status_code, second.status_code) == (201, 409)
    assert second.json()["error"]["code"] == "no_slots_open"
    assert len(_stored(services)) == 1


async def test_of_many_files_for_one_slot_one_is_kept(
    http: httpx.AsyncClient, services: Services, organization: Client
) -> None:
    job = await post_job(http, organization, quantity=1)
    path, headers = f"/v1/jobs/{job['id']}/submissions", organization.headers
    files = [{"file": ("a.png", picture(4, seed=seed))} for seed in range(5)]
    answers = await asyncio.gather(*(http.post(path, files=file, headers=headers) for file in files))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    (kept,) = _stored(services)
    (taken,) = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert taken in str(kept)


async def test_a_slot_that_came_back_meanwhile_gets_the_file(
    http: httpx.AsyncClient, services: Services, organization: Client, tmp_path: Path
) -> None:
    job = await post_job(http, organization)
    (tmp_path / "a.png").write_bytes(picture(4))
    upload = Upload(tmp_path / "a.png", "a.png", len(picture(4)), "0" * 64, {})
    caller = Caller("key_1", organization.id, True, frozenset(), "req_1")
    async with services.db.write() as session:
        made = await bring(session, services, caller, job["id"], Brought(upload, None))
    (kept,) = _stored(services)
    assert (made.id in str(kept), kept.read_bytes()) == (True, picture(4))


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"files": {"other": ("a.png", b"x")}}, 400),
        ({"data": {"file": "text"}}, 415),
        ({"json": {"filename": "a.png"}}, 400),
        ({"json": {"filename": "a.png", "size_bytes": 10**12}}, 413),
        ({"content": b"x", "headers": {"Content-Type": "text/plain"}}, 415),
    ],
)
async def test_what_is_refused(
    http: httpx.AsyncClient, organization: Client, body: dict[str, object], status: int
) -> None:
    job = await post_job(http, organization)
    headers = organization.headers | dict(body.pop("headers", {}))  # type: ignore[call-overload]
    answer = await http.post(f"/v1/jobs/{job['id']}/submissions", headers=headers, **body)  # type: ignore[arg-type]
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]["request_id"]


async def test_summary(http: httpx.AsyncClient, services: Services, organization: Client) -> None:
    job = await post_job(http, organization)
    path = f"/v1/jobs/{job['id']}/submissions"
    for seed, stars in enumerate((5, 1)):
        await http.post(path, files={"file": ("a.png", picture(stars, seed=seed))}, headers=organization.headers)
    await Dispatcher(services).drain()
    summary = (
        await http.get("/v1/submissions/summary", params={"job_id": job["id"]}, headers=organization.headers)
    ).json()
    assert (summary["total"], summary["by_status"]["approved"], summary["by_status"]["rejected"]) == (2, 1, 1)
    assert (summary["by_score"]["5"], summary["average_score"], summary["approval_rate"]) == (1, 3.0, 0.5)
    assert summary["paid_credits"] == 50


def _stored(services: Services) -> list[Path]:
    return [path for path in (services.settings.state_dir / "store").rglob("*") if path.is_file()]
