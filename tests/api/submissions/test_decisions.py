"""What becomes of a submission: stars, money, strikes, retries, copies, failures of the engine."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.claims import claim, renew
from api.clock import now
from api.credits.check import check
from api.dispatcher import Dispatcher, retry_seconds
from api.files.render_process import Renderer, Rendition
from api.services import Services
from api.submissions.queries import lock_rows
from api.sweeper import Sweeper
from api.tables import AuditEntry, Event, File, Job, Submission
from tests.api.conftest import Client, WorkerClient
from tests.api.scripted import ScriptedEngine, picture
from tests.api.story import accept, post_job, submit, submit_scored, upload

pytestmark = pytest.mark.anyio


async def _see(http: httpx.AsyncClient, worker: WorkerClient, submission_id: str) -> dict[str, object]:
    shown: dict[str, object] = (
        await http.get(f"/v1/worker/submissions/{submission_id}", headers=worker.headers)
    ).json()
    return shown


async def _events(services: Services) -> list[str]:
    async with services.db.read() as session:
        return list(await session.scalars(select(Event.type).order_by(Event.id)))


async def _approve(http: httpx.AsyncClient, organization: Client, submission_id: str) -> httpx.Response:
    body = {"decision": "approve"}
    return await http.post(f"/v1/submissions/{submission_id}/review", json=body, headers=organization.headers)


def _stored(services: Services, folder: str) -> list[Path]:
    return [path for path in (services.settings.state_dir / "store" / folder).rglob("*") if path.is_file()]


@pytest.mark.parametrize(
    ("stars", "status", "strikes", "earned"),
    [(5, "approved", 0, 50), (3, "approved", 0, 50), (2, "retry_pending", 0, 0), (1, "rejected", 1, 0)],
)
async def test_stars_decide(
    http: httpx.AsyncClient,
    services: Services,
    organization: Client,
    worker: WorkerClient,
    stars: int,
    status: str,
    strikes: int,
    earned: int,
) -> None:
    job = await post_job(http, organization)
    decided = await submit_scored(http, services, worker, job["id"], stars)
    assert (decided["status"], decided["score"], decided["earned_credits"]) == (status, stars, earned)
    assert decided["feedback"] == "As the picture says."
    me = (await http.get("/v1/worker/me", headers=worker.headers)).json()
    assert (me["strikes"], me["earned_credits"]) == (strikes, earned)
    assert await check(services.db) == []


async def test_below_the_jobs_minimum_is_rejected_without_a_strike(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization, min_star_rating=4)
    decided = await submit_scored(http, services, worker, job["id"], 3)
    assert (decided["status"], decided["strike"]) == ("rejected", False)


async def test_the_retry_is_the_last_attempt(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    first = await submit_scored(http, services, worker, job["id"], 2, seed=1)
    assert first["can_retry"]
    again = (await http.post(f"/v1/worker/submissions/{first['id']}/retry", headers=worker.headers)).json()
    assert (again["status"], again["attempt"]) == ("awaiting_upload", 2)
    await upload(http, again, picture(2, seed=2))
    await http.post(f"/v1/worker/submissions/{first['id']}/submit", headers=worker.headers)
    await Dispatcher(services).drain()
    last = await _see(http, worker, first["id"])
    assert (last["status"], last["attempt"], last["strike"]) == ("rejected", 2, False)
    no_more = await http.post(f"/v1/worker/submissions/{first['id']}/retry", headers=worker.headers)
    assert (no_more.status_code, no_more.json()["error"]["code"]) == (409, "no_retry")
    shown = (await http.get(f"/v1/jobs/{job['id']}", headers=organization.headers)).json()
    assert (shown["files_pending"], shown["slots_open"]) == (0, 3)


async def test_three_strikes_ban(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    for seed in range(3):
        await submit_scored(http, services, worker, job["id"], 1, seed=seed)
    me = (await http.get("/v1/worker/me", headers=worker.headers)).json()
    assert (me["status"], me["strikes"]) == ("banned", 3)
    refused = await http.post(f"/v1/worker/jobs/{job['id']}/accept", headers=worker.headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "worker_banned")


async def test_a_copy_of_an_approved_file_is_not_paid(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    await submit_scored(http, services, worker, job["id"], 5, seed=1)
    copy = await submit_scored(http, services, worker, job["id"], 5, seed=1)
    assert (copy["status"], copy["score"], copy["reasons"]) == ("rejected", 1, ["integrity.duplicate"])


async def test_of_two_copies_scored_at_once_one_is_paid(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    both = [await submit(http, worker, job["id"], picture(5, seed=1)) for _ in range(2)]
    await Dispatcher(services).drain()
    ends = sorted([str((await _see(http, worker, one["id"]))["status"]) for one in both])
    assert ends == ["approved", "rejected"]
    assert len(_stored(services, "files")) == 1
    assert await check(services.db) == []


async def test_decisions_of_one_moment_are_each_made_once(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, engine: ScriptedEngine
) -> None:
    """They are committed in groups: the copy finds its original in its own one, and every number is given once."""
    job = await post_job(http, organization, quantity=8)
    stars = (5, 1, 4, 2, 3, 5, 1)
    sent = [await submit(http, worker, job["id"], picture(n, seed=n * 10 + i)) for i, n in enumerate(stars)]
    sent.append(await submit(http, worker, job["id"], picture(5, seed=50)))
    engine.gate.clear()
    draining = asyncio.create_task(Dispatcher(services).drain())
    await asyncio.sleep(0.2)
    engine.gate.set()
    await draining

    ends = [(await _see(http, worker, one["id"]))["status"] for one in sent]
    assert Counter(ends) == {"approved": 4, "rejected": 3, "retry_pending": 1}
    assert {ends[0], ends[7]} == {"approved", "rejected"}
    async with services.db.read() as session:
        approvals = list(await session.scalars(select(File.approval).where(File.approval.is_not(None))))
        audited = Counter(await session.scalars(select(AuditEntry.action)))
    assert sorted(approvals) == [1, 2, 3, 4]
    told = {"submission.scored": 8, "submission.approved": 4, "submission.rejected": 3}
    assert Counter(await _events(services)) == told
    assert (audited["submission.approved"], audited["submission.rejected"], audited["worker.banned"]) == (4, 3, 1)
    me = (await http.get("/v1/worker/me", headers=worker.headers)).json()
    assert (me["strikes"], me["status"], me["earned_credits"]) == (3, "banned", 200)
    assert await check(services.db) == []


async def test_a_failing_engine_is_not_the_workers_fault(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, engine: ScriptedEngine
) -> None:
    job = await post_job(http, organization)
    submission = await submit(http, worker, job["id"], picture(5))
    engine.failures = 3
    for _ in range(3):
        await Dispatcher(services).drain()
        async with services.db.write() as session:
            waiting = update(Submission).where(Submission.status == "pending_score")
            await session.execute(waiting.values(claimable_at=now()))
    shown = await _see(http, worker, submission["id"])
    assert (shown["status"], shown["strike"], shown["score"]) == ("needs_review", False, None)
    counters = (await http.get(f"/v1/jobs/{job['id']}", headers=organization.headers)).json()
    assert counters["files_pending"] == 1
    assert (await _events(services)) == ["submission.needs_review"]

    approved = await http.post(
        f"/v1/submissions/{submission['id']}/review", json={"decision": "approve"}, headers=organization.headers
    )
    assert approved.json()["status"] == "approved"
    (file,) = (await http.get(f"/v1/jobs/{job['id']}/files", headers=organization.headers)).json()["data"]
    assert (await http.get(file["download_url"])).status_code == 200
    assert await check(services.db) == []


async def test_a_file_that_always_kills_its_dispatcher_goes_to_a_person(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    submission = await submit(http, worker, job["id"], picture(5))
    async with services.db.write() as session:
        await session.execute(update(Submission).values(engine_attempts=3))
    await Dispatcher(services).drain()
    assert (await _see(http, worker, submission["id"]))["status"] == "needs_review"


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 5.0), (2, 30.0), (3, 180.0)])
def test_pauses_of_the_engine(attempts: int, seconds: float) -> None:
    assert retry_seconds(attempts, 5.0) == seconds


async def _claims(services: Services) -> list[tuple[str | None, datetime | None]]:
    """Token and end of each, by submission."""
    async with services.db.read() as session:
        rows = await session.scalars(select(Submission).order_by(Submission.id))
        return [(row.claim_token, row.claimable_at) for row in rows]


@pytest.mark.parametrize("error", [PoolTimeout("the pool is empty"), DBAPIError("UPDATE", {}, Exception("deadlock"))])
async def test_claims_are_renewed_after_a_renewal_that_failed(
    http: httpx.AsyncClient,
    services: Services,
    organization: Client,
    worker: WorkerClient,
    engine: ScriptedEngine,
    monkeypatch: pytest.MonkeyPatch,
    error: SQLAlchemyError,
) -> None:
    job = await post_job(http, organization)
    await submit(http, worker, job["id"], picture(5))
    failures = [error]

    async def fail_once(*told: Any) -> None:
        if failures:
            raise failures.pop()
        await renew(*told)

    monkeypatch.setattr("api.dispatcher.renew", fail_once)
    often = services.settings.dispatcher.model_copy(update={"claim_seconds": 3.0})
    services.settings = services.settings.model_copy(update={"dispatcher": often})
    engine.gate.clear()
    stop = asyncio.Event()
    running = asyncio.create_task(Dispatcher(services).run(stop))
    while not engine.requests:
        await asyncio.sleep(0.01)
    claimed = await _claims(services)
    while (renewed := await _claims(services)) == claimed:
        await asyncio.sleep(0.05)
    assert renewed[0][0] == claimed[0][0], "it ran out, and was claimed again"
    assert not failures
    stop.set()
    await running


async def test_renewing_claims_waits_for_no_decision(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    """Else they could wait for each other: a decision locks its submission and, where it ends the job, all others."""
    job = await post_job(http, organization)
    ids = [(await submit(http, worker, job["id"], picture(5, seed=seed)))["id"] for seed in range(2)]
    async with services.db.write() as session:
        claims = await claim(session, 2, 60.0)
    claimed = await _claims(services)

    async def renew_all() -> None:
        async with services.db.write() as session:
            await renew(session, claims, 90.0)

    for first, second in permutations(ids):
        async with services.db.write() as session:
            await lock_rows(session, [first])
            renewing = asyncio.create_task(renew_all())
            await asyncio.sleep(0.2)
            await lock_rows(session, [second])
        await renewing
    renewed = await _claims(services)
    assert [token for token, _ in renewed] == [token for token, _ in claimed]
    assert all(later > earlier for (_, later), (_, earlier) in zip(renewed, claimed, strict=True))


async def test_a_decision_after_the_end_of_the_job_is_void(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, engine: ScriptedEngine
) -> None:
    import asyncio

    job = await post_job(http, organization)
    submission = await submit(http, worker, job["id"], picture(5))
    engine.gate.clear()
    working = asyncio.create_task(Dispatcher(services).drain())
    while not engine.requests:
        await asyncio.sleep(0.01)
    await http.post(f"/v1/jobs/{job['id']}/cancel", headers=organization.headers)
    engine.gate.set()
    await working
    shown = await _see(http, worker, submission["id"])
    assert (shown["status"], shown["earned_credits"]) == ("surplus", 0)
    assert _stored(services, "files") == []
    assert await check(services.db) == []


async def test_leases_and_deadlines_run_out(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    late = await post_job(http, organization, deadline=(now() + timedelta(days=1)).isoformat())
    lease = await accept(http, worker, job["id"])
    async with services.db.write() as session:
        await session.execute(update(Submission).values(lease_expires_at=now() - timedelta(seconds=1)))
        await session.execute(update(Job).where(Job.id == late["id"]).values(deadline=now() - timedelta(seconds=1)))
    await Sweeper(services).sweep()
    assert (await _see(http, worker, lease["id"]))["status"] == "expired"
    shown = (await http.get(f"/v1/jobs/{job['id']}", headers=organization.headers)).json()
    assert (shown["slots_open"], shown["files_pending"]) == (3, 0)
    ended = (await http.get(f"/v1/jobs/{late['id']}", headers=organization.headers)).json()
    assert (ended["status"], ended["held_credits"]) == ("timed_out", 0)
    assert await check(services.db) == []


async def test_each_transition_has_one_event(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization, quantity=1)
    await submit_scored(http, services, worker, job["id"], 1, seed=1)
    await submit_scored(http, services, worker, job["id"], 5, seed=2)
    assert await _events(services) == [
        "submission.scored", "submission.rejected", "submission.scored", "submission.approved", "job.completed",
    ]  # fmt: skip


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
    approved = await http.post(path, json={"decision": "approve", "score": 4}, headers=organization.headers)
    assert (approved.json()["status"], approved.json()["paid_credits"]) == ("approved", 50)
    me = (await http.get("/v1/worker/me", headers=worker.headers)).json()
    assert me["earned_credits"] == 50
    assert await check(services.db) == []


async def test_a_rejected_file_can_be_approved_and_downloaded(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    decided = await submit_scored(http, services, worker, job["id"], 1)
    path = f"/v1/submissions/{decided['id']}/review"
    approved = await http.post(path, json={"decision": "approve"}, headers=organization.headers)
    assert approved.status_code == 200
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
    assert (await _see(http, worker, decided["id"]))["status"] == "rejected"
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
        assert (await _see(http, worker, decided["id"]))["status"] == "rejected"
    assert (approving.result().status_code, approving.result().json()["paid_credits"]) == (200, 50)
    (file,) = (await http.get(f"/v1/jobs/{job['id']}/files", headers=organization.headers)).json()["data"]
    assert (await http.get(file["download_url"])).status_code == 200
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
    assert _stored(services, "files") == []
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
    shown = await _see(http, worker, first["id"])
    assert (shown["status"], shown["attempt"], shown["earned_credits"]) == ("rejected", 2, 0)
    assert _stored(services, "files") == []
    assert await check(services.db) == []


async def test_of_two_who_approve_at_once_one_file_is_kept(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    decided = await submit_scored(http, services, worker, job["id"], 1)
    answers = await asyncio.gather(*(_approve(http, organization, decided["id"]) for _ in range(2)))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(_stored(services, "files")) == 1
    (file,) = (await http.get(f"/v1/jobs/{job['id']}/files", headers=organization.headers)).json()["data"]
    assert (await http.get(file["download_url"])).status_code == 200
    assert await check(services.db) == []


async def test_uploads_that_were_never_scored_go_with_their_time(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, engine: ScriptedEngine
) -> None:
    """Of a slot that ran out, of one whose job ended, and of one that only a person decided; not of one that waits."""
    ended, job = await post_job(http, organization), await post_job(http, organization)
    surplus = await submit(http, worker, ended["id"], picture(5, seed=1))
    await http.post(f"/v1/jobs/{ended['id']}/cancel", headers=organization.headers)
    late = await accept(http, worker, job["id"])
    await upload(http, late, picture(5, seed=2))
    unread, waiting = [await submit(http, worker, job["id"], picture(5, seed=seed)) for seed in (3, 4)]
    async with services.db.write() as session:
        waits = Submission.status == "pending_score"
        await session.execute(update(Submission).where(waits).values(engine_attempts=3))
        await session.execute(update(Submission).where(Submission.id == late["id"]).values(lease_expires_at=now()))
    await Dispatcher(services).drain()
    await Sweeper(services).leases()
    path = f"/v1/submissions/{unread['id']}/review"
    await http.post(path, json={"decision": "reject"}, headers=organization.headers)

    await Sweeper(services).originals()
    assert len(_stored(services, "uploads")) == 4
    long_ago = now() - timedelta(days=91)
    async with services.db.write() as session:
        await session.execute(update(Submission).values(updated_at=long_ago))
    await Sweeper(services).originals()
    (kept,) = _stored(services, "uploads")
    assert waiting["id"] in str(kept)
    async with services.db.read() as session:
        rows = {row.id: row for row in await session.scalars(select(Submission))}
    gone = [rows[one["id"]] for one in (surplus, late, unread)]
    assert [row.status for row in gone] == ["surplus", "expired", "rejected"]
    assert all(row.original_deleted_at is not None and row.updated_at == long_ago for row in gone)
    assert rows[waiting["id"]].original_deleted_at is None


async def test_a_corrupt_file_is_rejected_with_its_reason(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    submission = await submit(http, worker, job["id"], b"not a picture at all")
    await Dispatcher(services).drain()
    shown = await _see(http, worker, submission["id"])
    assert (shown["status"], shown["score"], shown["reasons"]) == ("rejected", 1, ["integrity.unsupported_format"])


async def test_a_file_that_is_not_the_announced_one_is_asked_for_again(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization, min_star_rating=1)
    slot = await accept(http, worker, job["id"])
    await upload(http, slot, picture(5))
    path = f"/v1/worker/submissions/{slot['id']}"
    await http.post(f"{path}/submit", json={"sha256": "0" * 64}, headers=worker.headers)
    await Dispatcher(services).drain()
    shown = await _see(http, worker, slot["id"])
    assert (shown["status"], shown["strike"], shown["reasons"]) == ("retry_pending", False, ["integrity.checksum"])
    again = (await http.post(f"{path}/retry", headers=worker.headers)).json()
    await upload(http, again, picture(5))
    await http.post(f"{path}/submit", json={"sha256": hashlib.sha256(picture(5)).hexdigest()}, headers=worker.headers)
    await Dispatcher(services).drain()
    assert (await _see(http, worker, slot["id"]))["status"] == "approved"
    assert await check(services.db) == []
