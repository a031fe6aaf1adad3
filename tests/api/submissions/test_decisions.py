"""What becomes of a submission: stars, money, strikes, retries, copies, failures of the engine."""

import asyncio
import hashlib
from collections import Counter
from dataclasses import replace
from datetime import datetime
from itertools import permutations
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
from api.services import Services
from api.submissions.queries import lock_rows
from api.tables import AuditEntry, Event, File, Submission
from pipeline.media import CorruptMedia
from tests.api.conftest import Client, WorkerClient
from tests.api.scripted import ScriptedEngine, picture
from tests.api.story import accept, post_job, see, stored, submit, submit_scored, upload

pytestmark = pytest.mark.anyio


async def _events(services: Services) -> list[str]:
    async with services.db.read() as session:
        return list(await session.scalars(select(Event.type).order_by(Event.id)))


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
    assert await _file_statuses(http, organization) == ["rejected"]
    await upload(http, again, picture(2, seed=2))
    await http.post(f"/v1/worker/submissions/{first['id']}/submit", headers=worker.headers)
    await Dispatcher(services).drain()
    last = await see(http, worker, first["id"])
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
    ends = sorted([str((await see(http, worker, one["id"]))["status"]) for one in both])
    assert ends == ["approved", "rejected"]
    assert len(stored(services, "files")) == 1
    assert await check(services.db) == []


async def test_a_job_that_takes_everything_pays_for_no_copy(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, engine: ScriptedEngine
) -> None:
    job = await post_job(http, organization, min_star_rating=1)
    both = [await submit(http, worker, job["id"], picture(5, seed=1)) for _ in range(2)]
    await Dispatcher(services).drain()
    ends = [await see(http, worker, one["id"]) for one in both]
    assert sorted((one["status"], one["strike"]) for one in ends) == [("approved", False), ("rejected", True)]
    assert len(engine.requests) <= 3
    assert await check(services.db) == []


async def test_a_rubric_under_which_copies_are_good_ends_too(
    http: httpx.AsyncClient,
    services: Services,
    organization: Client,
    worker: WorkerClient,
    engine: ScriptedEngine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    score = engine.score

    async def praise(request: Any) -> Any:
        result = await score(request)
        return replace(result, score=replace(result.score, stars=4, deductions=()))

    monkeypatch.setattr(engine, "score", praise)
    job = await post_job(http, organization)
    both = [await submit(http, worker, job["id"], picture(5, seed=1)) for _ in range(2)]
    await Dispatcher(services).drain()
    assert [(await see(http, worker, one["id"]))["status"] for one in both] == ["approved"] * 2
    assert len(engine.requests) == 3, "the second once more, beside the first"


async def test_files_of_one_moment_are_compared_by_the_rubric_in_force(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, engine: ScriptedEngine
) -> None:
    """A reload changes it while the dispatcher runs."""
    shipped = engine.in_force
    lenient = shipped.model_copy(update={"duplicates": shipped.duplicates.model_copy(update={"hash_bits": -1})})
    dispatcher = Dispatcher(services)

    async def ends_of_two_alike() -> Counter[str]:
        job = await post_job(http, organization)
        pair = picture(5, seed=1), picture(5, seed=1, size=(192, 128))
        sent = [await submit(http, worker, job["id"], content) for content in pair]
        engine.gate.clear()
        draining = asyncio.create_task(dispatcher.drain())
        await asyncio.sleep(0.2)
        engine.gate.set()
        await draining
        return Counter([(await see(http, worker, one["id"]))["status"] for one in sent])

    one_copy = {"approved": 1, "rejected": 1}
    assert await ends_of_two_alike() == one_copy
    assert len(engine.requests) == 3, "the second once more, beside the first"
    engine.in_force = lenient
    assert await ends_of_two_alike() == {"approved": 2}
    assert len(engine.requests) == 5, "no copy was looked for"
    engine.in_force = shipped
    assert await ends_of_two_alike() == one_copy
    assert len(engine.requests) == 8


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

    ends = [(await see(http, worker, one["id"]))["status"] for one in sent]
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
    shown = await see(http, worker, submission["id"])
    assert (shown["status"], shown["strike"], shown["score"]) == ("needs_review", False, None)
    counters = (await http.get(f"/v1/jobs/{job['id']}", headers=organization.headers)).json()
    assert counters["files_pending"] == 1
    assert (await _events(services)) == ["submission.needs_review"]

    approved = await http.post(
        f"/v1/submissions/{submission['id']}/review", json={"decision": "approve"}, headers=organization.headers
    )
    assert approved.json()["status"] == "approved"
    (file,) = (await http.get(f"/v1/jobs/{job['id']}/files", headers=organization.headers)).json()["data"]
    assert (file["width"], file["height"], file["annotations"]) == (96, 64, None)
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
    assert (await see(http, worker, submission["id"]))["status"] == "needs_review"


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 5.0), (2, 30.0), (3, 180.0)])
def test_pauses_of_the_engine(attempts: int, seconds: float) -> None:
    """Files that failed together come back apart."""
    drawn = [retry_seconds(attempts, 5.0) for _ in range(50)]
    assert seconds / 2 <= min(drawn) < max(drawn) <= 1.5 * seconds


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
    often = services.settings.dispatcher.model_copy(update={"claim_seconds": 9.0})
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
    shown = await see(http, worker, submission["id"])
    assert (shown["status"], shown["earned_credits"]) == ("surplus", 0)
    assert stored(services, "files") == []
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


async def test_a_corrupt_file_is_rejected_with_its_reason(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    submission = await submit(http, worker, job["id"], b"not a picture at all")
    await Dispatcher(services).drain()
    shown = await see(http, worker, submission["id"])
    assert (shown["status"], shown["score"], shown["reasons"]) == ("rejected", 1, ["integrity.unsupported_format"])


@pytest.mark.parametrize("minimum", [1, 2])
async def test_what_nobody_can_open_is_not_paid_whatever_the_job_takes(
    minimum: int, http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization, min_star_rating=minimum)
    submission = await submit(http, worker, job["id"], b"no picture")
    await Dispatcher(services).drain()
    shown = await see(http, worker, submission["id"])
    assert (shown["status"], shown["reasons"]) == ("rejected", ["integrity.unsupported_format"])
    assert (await http.get("/v1/worker/me", headers=worker.headers)).json()["earned_credits"] == 0


@pytest.mark.parametrize("minimum", [1, 4])
async def test_what_cannot_be_delivered_is_refused_like_what_cannot_be_opened(
    minimum: int,
    http: httpx.AsyncClient,
    services: Services,
    organization: Client,
    worker: WorkerClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def render(*arguments: object, **told: object) -> None:
        raise CorruptMedia("It cannot be rewritten.")

    monkeypatch.setattr(services.renderer, "render", render)
    job = await post_job(http, organization, min_star_rating=minimum)
    shown = await submit_scored(http, services, worker, job["id"], 5)
    assert (shown["status"], shown["score"], shown["reasons"]) == ("retry_pending", 2, ["integrity.corrupt"])
    assert "It cannot be rewritten" in shown["feedback"]
    assert await check(services.db) == []


async def test_a_file_that_is_not_the_announced_one_is_asked_for_again(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization, min_star_rating=1)
    slot = await accept(http, worker, job["id"])
    await upload(http, slot, picture(5))
    path = f"/v1/worker/submissions/{slot['id']}"
    await http.post(f"{path}/submit", json={"sha256": "0" * 64}, headers=worker.headers)
    await Dispatcher(services).drain()
    shown = await see(http, worker, slot["id"])
    assert (shown["status"], shown["strike"], shown["reasons"]) == ("retry_pending", False, ["integrity.checksum"])
    again = (await http.post(f"{path}/retry", headers=worker.headers)).json()
    await upload(http, again, picture(5))
    await http.post(f"{path}/submit", json={"sha256": hashlib.sha256(picture(5)).hexdigest()}, headers=worker.headers)
    await Dispatcher(services).drain()
    assert (await see(http, worker, slot["id"]))["status"] == "approved"
    assert await check(services.db) == []


async def test_a_second_try_that_nobody_took_ends_with_the_job(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    decided = await submit_scored(http, services, worker, job["id"], 2)
    assert await _file_statuses(http, organization) == ["retry_pending"]
    await http.post(f"/v1/jobs/{job['id']}/cancel", headers=organization.headers)
    assert (await see(http, worker, decided["id"]))["status"] == "surplus"
    assert await _file_statuses(http, organization) == ["surplus"]
    found = await http.get("/v1/files", params={"status": "surplus"}, headers=organization.headers)
    assert len(found.json()["data"]) == 1


async def test_what_went_wrong_inside_is_the_operators_alone(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, engine: ScriptedEngine
) -> None:
    services.settings = services.settings.model_copy(
        update={"dispatcher": services.settings.dispatcher.model_copy(update={"max_attempts": 1})}
    )
    job = await post_job(http, organization)
    submission = await submit(http, worker, job["id"], picture(5))
    engine.failures = 1
    await Dispatcher(services).drain()
    path = f"/v1/submissions/{submission['id']}"
    shown = (await http.get(path, headers=organization.headers)).json()
    assert (shown["status"], shown["failure"]) == (
        "needs_review",
        "The engine could not score the file, after several tries.",
    )
    approved = await http.post(f"{path}/review", json={"decision": "approve"}, headers=organization.headers)
    assert (approved.json()["status"], approved.json()["failure"]) == ("approved", None)


async def _file_statuses(http: httpx.AsyncClient, organization: Client) -> list[str]:
    files = (await http.get("/v1/files", headers=organization.headers)).json()["data"]
    return [file["status"] for file in files]
