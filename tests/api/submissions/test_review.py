"""A person decides: the money follows, and what is approved can be downloaded."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from api.clock import now
from api.credits.check import check
from api.dispatcher import Dispatcher
from api.files.render_process import Renderer, Rendition
from api.services import Services
from api.submissions.schemas import REJECTED_BY_A_PERSON
from api.sweeper import Sweeper
from api.tables import AuditEntry, Event, File
from pipeline.media_process import ProcessKilled
from tests.api.conftest import Client, WorkerClient
from tests.api.scripted import picture
from tests.api.story import post_job, see, stored, submit_scored, upload

pytestmark = pytest.mark.anyio


async def _approve(http: httpx.AsyncClient, organization: Client, submission_id: str) -> httpx.Response:
    body = {"decision": "approve"}
    return await http.post(f"/v1/submissions/{submission_id}/review", json=body, headers=organization.headers)


async def test_review_moves_the_money_both_ways(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization, quantity=1)
    decided = await submit_scored(http, services, worker, job["id"], 5)
    path = f"/v1/submissions/{decided['id']}/review"
    rejected = await http.post(path, json={"decision": "reject", "score": 1}, headers=organization.headers)
    assert (rejected.json()["status"], rejected.json()["paid_credits"]) == ("rejected", 0)
    credits = (await http.get("/v1/billing/credits", headers=organization.headers)).json()
    assert (credits["available_credits"], credits["held_credits"]) == (1_000_000, 0)
    (file,) = (await http.get("/v1/files", headers=organization.headers)).json()["data"]
    assert (file["status"], file["score"], file["download_url"]) == ("rejected", 1, None)
    seen = (await http.get(f"/v1/worker/submissions/{decided['id']}", headers=worker.headers)).json()
    assert seen["feedback"] == seen["score_breakdown"]["feedback"] == REJECTED_BY_A_PERSON != decided["feedback"]
    approved = await http.post(path, json={"decision": "approve", "score": 4}, headers=organization.headers)
    assert (approved.json()["status"], approved.json()["paid_credits"]) == ("approved", 50)
    me = (await http.get("/v1/worker/me", headers=worker.headers)).json()
    assert me["earned_credits"] == 50
    assert await check(services.db) == []


async def test_an_approval_that_is_confirmed_stays_the_same_one(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    """Else a dispatcher that starts anew would know one of them, and pay for copies of the others."""
    job = await post_job(http, organization, quantity=10)
    made = [await submit_scored(http, services, worker, job["id"], 5, seed=seed) for seed in range(3)]
    for decided in made:
        assert (await _approve(http, organization, decided["id"])).status_code == 200
    for seed in range(3):
        copy = await submit_scored(http, services, worker, job["id"], 5, seed=seed)
        assert (copy["status"], copy["reasons"]) == ("rejected", ["integrity.duplicate"])


async def test_a_verdict_that_changes_nothing_is_no_event(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    """Receivers tell events apart by their ids, and would count the file twice."""
    job = await post_job(http, organization)
    decided = await submit_scored(http, services, worker, job["id"], 5)
    assert (await _approve(http, organization, decided["id"])).status_code == 200
    async with services.db.read() as session:
        told = select(func.count()).where(Event.type == "submission.approved")
        assert await session.scalar(told) == 1
        noted = select(func.count()).where(AuditEntry.action == "submission.approved")
        assert await session.scalar(noted) == 2


async def test_an_approval_after_the_end_may_bring_the_balance_low(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization, reward_per_file=100)
    decided = await submit_scored(http, services, worker, job["id"], 1)
    assert (await http.post(f"/v1/jobs/{job['id']}/cancel", headers=organization.headers)).status_code == 200
    threshold = {"low_balance_credits": 999_950}
    changed = await http.patch("/v1/organization/settings", json=threshold, headers=organization.headers)
    assert changed.status_code == 200
    assert (await _approve(http, organization, decided["id"])).status_code == 200
    async with services.db.read() as session:
        assert await session.scalar(select(func.count()).where(Event.type == "credits.low_balance")) == 1


async def test_a_rejection_without_stars_leaves_those_of_the_engine(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    decided = await submit_scored(http, services, worker, job["id"], 2)
    path = f"/v1/submissions/{decided['id']}/review"
    for body, score in (
        ({"decision": "approve", "score": 5}, 5),
        ({"decision": "approve"}, 5),
        ({"decision": "reject"}, 2),
    ):
        shown = (await http.post(path, json=body, headers=organization.headers)).json()
        assert shown["score"] == score
    (file,) = (await http.get("/v1/files", headers=organization.headers)).json()["data"]
    assert (file["status"], file["score"]) == ("rejected", 2)


async def test_a_rejected_file_can_be_approved_and_downloaded(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    decided = await submit_scored(http, services, worker, job["id"], 1)
    assert (await _approve(http, organization, decided["id"])).status_code == 200
    me = (await http.get("/v1/worker/me", headers=worker.headers)).json()
    assert (me["strikes"], me["earned_credits"]) == (0, 50)
    (file,) = (await http.get(f"/v1/jobs/{job['id']}/files", headers=organization.headers)).json()["data"]
    assert (await http.get(file["download_url"])).status_code == 200
    assert await check(services.db) == []


async def test_what_the_retention_has_removed_cannot_be_approved(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    decided = await submit_scored(http, services, worker, job["id"], 1)
    async with services.db.write() as session:
        await session.execute(update(File).values(created_at=now() - timedelta(days=91)))
    await Sweeper(services).originals()
    answer = await _approve(http, organization, decided["id"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_deliverable")
    assert answer.json()["error"]["message"] == "the uploaded file has been deleted"
    assert (await see(http, worker, decided["id"]))["status"] == "rejected"
    assert await check(services.db) == []


class Slow:
    """A renderer that waits until it is let go."""

    def __init__(self, renderer: Renderer) -> None:
        self._renderer = renderer
        self.at_work, self.let_go = asyncio.Event(), asyncio.Event()

    async def render(self, path: Path, out: Path, **told: Any) -> Rendition:
        self.at_work.set()
        await self.let_go.wait()
        return await self._renderer.render(path, out, **told)


@asynccontextmanager
async def _approving(
    http: httpx.AsyncClient, services: Services, organization: Client, submission_id: str
) -> AsyncIterator["asyncio.Task[httpx.Response]"]:
    """While an approval renders its file; it goes on after the block."""
    services.renderer = slow = Slow(services.renderer)  # type: ignore[assignment]
    approving = asyncio.create_task(_approve(http, organization, submission_id))
    try:
        async with asyncio.timeout(60):
            await slow.at_work.wait()
            yield approving
    finally:
        slow.let_go.set()
        await approving


async def test_nobody_waits_for_the_rendition_of_an_approval(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    decided = await submit_scored(http, services, worker, job["id"], 1)
    async with _approving(http, services, organization, decided["id"]) as approving:
        await post_job(http, organization)
        assert (await see(http, worker, decided["id"]))["status"] == "rejected"
    assert (approving.result().status_code, approving.result().json()["paid_credits"]) == (200, 50)
    (file,) = (await http.get(f"/v1/jobs/{job['id']}/files", headers=organization.headers)).json()["data"]
    assert (await http.get(file["download_url"])).status_code == 200
    assert await check(services.db) == []


async def test_a_machine_short_of_memory_is_nobodys_fault(
    http: httpx.AsyncClient,
    services: Services,
    organization: Client,
    worker: WorkerClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def killed(*arguments: object, **told: object) -> Rendition:
        raise ProcessKilled("a process was killed")

    job = await post_job(http, organization)
    decided = await submit_scored(http, services, worker, job["id"], 1)
    with monkeypatch.context() as short_of_memory:
        short_of_memory.setattr(services.renderer, "render", killed)
        refused = await _approve(http, organization, decided["id"])
        assert (refused.status_code, refused.json()["error"]["type"]) == (503, "overloaded")
        assert refused.headers["Retry-After"]
        waiting = await submit_scored(http, services, worker, job["id"], 5, seed=2)
    assert (waiting["status"], waiting["earned_credits"]) == ("pending_score", 0)
    assert (await _approve(http, organization, decided["id"])).json()["paid_credits"] == 50
    assert await check(services.db) == []


async def test_an_approval_that_comes_too_late_leaves_nothing(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    decided = await submit_scored(http, services, worker, job["id"], 2)
    async with _approving(http, services, organization, decided["id"]) as approving:
        await http.post(f"/v1/jobs/{job['id']}/cancel", headers=organization.headers)
    answer = approving.result()
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "not_reviewable")
    assert stored(services, "files") == []
    assert await check(services.db) == []


async def test_another_file_than_the_rendered_one_is_not_approved(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    first = await submit_scored(http, services, worker, job["id"], 2, seed=1)
    path = f"/v1/worker/submissions/{first['id']}"
    async with _approving(http, services, organization, first["id"]) as approving:
        again = (await http.post(f"{path}/retry", headers=worker.headers)).json()
        await upload(http, again, picture(1, seed=2))
        await http.post(f"{path}/submit", headers=worker.headers)
        await Dispatcher(services).drain()
    answer = approving.result()
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "submission_changed")
    shown = await see(http, worker, first["id"])
    assert (shown["status"], shown["attempt"], shown["earned_credits"]) == ("rejected", 2, 0)
    assert stored(services, "files") == []
    assert await check(services.db) == []


async def test_of_two_who_approve_at_once_one_file_is_kept(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    decided = await submit_scored(http, services, worker, job["id"], 1)
    answers = await asyncio.gather(*(_approve(http, organization, decided["id"]) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(stored(services, "files")) == 1
    (file,) = (await http.get(f"/v1/jobs/{job['id']}/files", headers=organization.headers)).json()["data"]
    assert (await http.get(file["download_url"])).status_code == 200
    assert await check(services.db) == []
