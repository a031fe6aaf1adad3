"""Scoring a job's submissions again: said before it is done, resumed where it ended, and no money moves."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select, update

from api.clock import now
from api.credits.check import check
from api.dispatcher import Dispatcher
from api.rubrics import rescoring
from api.rubrics.originals import Originals
from api.rubrics.rescoring import Change, Skipped, add_counts, apply_page, begin, disputed_of, find_changes
from api.services import Services
from api.submissions.keys import original_key
from api.tables import AuditEntry, EarlierScore, Event, File, Job, LedgerTransaction, Rescoring, Submission
from pipeline.evidence import Evidence
from pipeline.rubric import Rubric
from tests.api.conftest import Client, WorkerClient
from tests.api.rubrics.witness import RUBRIC, WitnessEngine, fails, lenient, photo, submit_photo
from tests.api.story import post_job, submit, upload

pytestmark = pytest.mark.anyio

STANDARDS = (0.0, 1.5, 2.5, 2.5, 5.0, 8.0)
"""By the shipped rubric: 1, 1 (with strikes), 2, 2, 5 and 5 stars."""


async def _collected(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> tuple[str, list[dict[str, Any]]]:
    job = await post_job(http, organization, quantity=10)
    decided = [
        await submit_photo(http, services, worker, job["id"], standard, seed=seed)
        for seed, standard in enumerate(STANDARDS)
    ]
    return job["id"], decided


async def _changes(services: Services, job_id: str, rubric: Rubric, **how: Any) -> list[Change]:
    async with services.db.read() as session:
        job = await session.get_one(Job, job_id)
    return [one async for one in find_changes(services.db, job, rubric, **how) if isinstance(one, Change)]


async def _apply(services: Services, job_id: str, rubric: Rubric, pages: int = 99, **how: Any) -> Rescoring:
    async with services.db.write() as session:
        run = await begin(session, await session.get_one(Job, job_id), rubric, {})
        await session.flush()
    for _ in range(pages):
        if await apply_page(services.db, run.id, rubric, **how) is None:
            break
    async with services.db.read() as session:
        return await session.get_one(Rescoring, run.id)


async def _state(services: Services) -> list[Any]:
    """Everything that money and decisions consist of."""
    async with services.db.read() as session:
        submissions = await session.execute(
            select(Submission.id, Submission.status, Submission.paid_credits, Submission.struck, Submission.decided_at)
            .order_by(Submission.id)
        )  # fmt: skip
        jobs = await session.execute(select(Job.files_approved, Job.files_pending, Job.held_credits, Job.spent_credits))
        files = await session.execute(select(File.id, File.status, File.delivered_key).order_by(File.id))
        moved = await session.scalar(select(func.count()).select_from(LedgerTransaction))
        events = await session.scalar(select(func.count()).select_from(Event))
        return [submissions.all(), jobs.all(), files.all(), moved, events]


async def test_the_same_rubric_changes_nothing(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job_id, _ = await _collected(http, services, organization, worker)
    changes = await _changes(services, job_id, RUBRIC)
    assert len(changes) == len(STANDARDS)
    assert not any(one.moved or one.stale or one.disputed for one in changes)


async def test_what_would_change_is_said_and_nothing_is_written(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job_id, decided = await _collected(http, services, organization, worker)
    before = await _state(services)
    changes = await _changes(services, job_id, lenient(1))
    assert [(one.stars_before, one.stars_after) for one in changes] == [(1, 1), (1, 2), (2, 4), (2, 4), (5, 5), (5, 5)]
    assert [one.submission_id for one in changes] == [one["id"] for one in decided]
    assert [(one.status, one.would_be) for one in changes if one.disputed] == [("retry_pending", "approved")] * 2
    assert changes[2].reasons_before == ("relevance.off_topic",)
    assert changes[2].reasons_after == ()
    assert await _state(services) == before


async def test_stars_are_written_and_money_stays(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job_id, decided = await _collected(http, services, organization, worker)
    before = await _state(services)
    stricter = lenient(-2.5)
    run = await _apply(services, job_id, stricter)
    assert await _state(services) == before
    assert await check(services.db) == []
    assert (run.status, run.counts["files"], run.counts["disputed"]) == ("completed", 6, 1)
    shown = [(await http.get(f"/v1/submissions/{one['id']}", headers=organization.headers)).json() for one in decided]
    assert [one["score"] for one in shown] == [1, 1, 1, 1, 2, 5]
    assert all(one["score_breakdown"]["evidence"]["rubric"]["digest"] == stricter.digest for one in shown)
    async with services.db.read() as session:
        (disputed,) = await disputed_of(session, job_id)
        earlier = (await session.scalars(select(EarlierScore.score).order_by(EarlierScore.submission_id))).all()
        files = (await session.scalars(select(File.score).order_by(File.id))).all()
        by_hand = select(AuditEntry.action).where(AuditEntry.actor == "operator", AuditEntry.job_id == job_id)
        actions = list(await session.scalars(by_hand.order_by(AuditEntry.id)))
    assert (disputed.id, disputed.status, disputed.paid_credits) == (decided[4]["id"], "approved", 50)
    assert (list(earlier), list(files)) == ([1, 1, 2, 2, 5, 5], [1, 1, 1, 1, 2, 5])
    assert actions == ["job.rescoring", *["submission.rescored"] * 3, "job.rescored"]


async def test_a_person_settles_what_is_disputed(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job_id, decided = await _collected(http, services, organization, worker)
    await _apply(services, job_id, lenient(-2.5))
    path = f"/v1/submissions/{decided[4]['id']}/review"
    answer = await http.post(path, json={"decision": "reject", "score": 2}, headers=organization.headers)
    assert (answer.json()["status"], answer.json()["paid_credits"]) == ("rejected", 0)
    async with services.db.read() as session:
        assert await disputed_of(session, job_id) == []
    assert await check(services.db) == []

    await _apply(services, job_id, lenient(1))  # the person's stars and decision stay
    shown = (await http.get(f"/v1/submissions/{decided[4]['id']}", headers=organization.headers)).json()
    assert (shown["status"], shown["score"]) == ("rejected", 2)
    assert shown["score_breakdown"]["evidence"]["rubric"]["stars"] == 5


async def test_a_dispute_ends_when_the_stars_come_back(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job_id, _ = await _collected(http, services, organization, worker)
    await _apply(services, job_id, lenient(-2.5))
    await _apply(services, job_id, RUBRIC)
    async with services.db.read() as session:
        assert await disputed_of(session, job_id) == []
        assert list(await session.scalars(select(Submission.score).order_by(Submission.id))) == [1, 1, 2, 2, 5, 5]
        assert await session.scalar(select(func.count()).select_from(EarlierScore)) == 2 * len(STANDARDS)


async def test_a_second_attempt_ends_the_dispute_over_the_first(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization)
    first = await submit_photo(http, services, worker, job["id"], 2.5, seed=1)
    await _apply(services, job["id"], lenient(1))
    async with services.db.read() as session:
        assert [one.status for one in await disputed_of(session, job["id"])] == ["retry_pending"]
    again = (await http.post(f"/v1/worker/submissions/{first['id']}/retry", headers=worker.headers)).json()
    async with services.db.read() as session:
        assert await disputed_of(session, job["id"]) == []
    await upload(http, again, photo(0.0, seed=2))
    await http.post(f"/v1/worker/submissions/{first['id']}/submit", headers=worker.headers)
    await Dispatcher(services).drain()
    async with services.db.read() as session:
        assert await disputed_of(session, job["id"]) == []
        decided = await session.get_one(Submission, first["id"])
    assert (decided.status, decided.attempt, decided.score) == ("rejected", 2, 1)


async def test_those_that_are_decided_meanwhile_push_nobody_out(
    http: httpx.AsyncClient,
    services: Services,
    organization: Client,
    worker: WorkerClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A page is of those that were read; the others between them come to nobody's place."""
    monkeypatch.setattr(rescoring, "PAGE_ROWS", 2)
    job_id, decided = await _collected(http, services, organization, worker)
    late = [decided[0]["id"], decided[2]["id"]]
    hidden = {"status": "awaiting_upload", "lease_expires_at": now()}
    before = {}
    async with services.db.write() as session:
        for one in late:
            before[one] = (await session.get_one(Submission, one)).status
            await session.execute(update(Submission).where(Submission.id == one).values(hidden))

    async def look(job: Job, rows: Sequence[Submission]) -> Mapping[str, Evidence | str]:
        async with services.db.write() as session:
            for one in late:
                lease = now() if before[one] == "retry_pending" else None
                told = {"status": before[one], "lease_expires_at": lease}
                await session.execute(update(Submission).where(Submission.id == one).values(told))
        return await rescoring.stored_evidence(job, rows)

    run = await _apply(services, job_id, lenient(1), look=look)
    assert (run.status, run.counts["files"]) == ("completed", len(STANDARDS) - len(late))


async def test_an_interrupted_rescoring_goes_on(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, monkeypatch
) -> None:
    monkeypatch.setattr(rescoring, "PAGE_ROWS", 2)
    job_id, decided = await _collected(http, services, organization, worker)
    first = await _apply(services, job_id, lenient(1), pages=2)
    assert (first.status, first.cursor, first.counts["files"]) == ("running", decided[3]["id"], 4)
    second = await _apply(services, job_id, lenient(1))
    assert (second.id, second.status, second.counts["files"]) == (first.id, "completed", 6)
    third = await _apply(services, job_id, lenient(1))
    assert third.id != first.id
    async with services.db.read() as session:
        assert await session.scalar(select(func.count()).select_from(EarlierScore)) == 6


async def test_an_interrupted_rescoring_that_another_one_followed_begins_anew(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, monkeypatch
) -> None:
    monkeypatch.setattr(rescoring, "PAGE_ROWS", 2)
    job_id, _ = await _collected(http, services, organization, worker)
    first = await _apply(services, job_id, lenient(1), pages=1)
    await _apply(services, job_id, lenient(-1))
    again = await _apply(services, job_id, lenient(1))
    assert (again.id == first.id, again.counts["files"]) == (False, 6)
    assert not any(change.stale for change in await _changes(services, job_id, lenient(1))), "all have its stars"


async def test_two_processes_take_turns(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, monkeypatch
) -> None:
    monkeypatch.setattr(rescoring, "PAGE_ROWS", 2)
    job_id, _ = await _collected(http, services, organization, worker)
    runs = await asyncio.gather(*(_apply(services, job_id, lenient(1)) for _ in range(3)))
    async with services.db.read() as session:
        counts = [run.counts["files"] for run in await session.scalars(select(Rescoring))]
    assert counts == [6] * len({run.id for run in runs})


async def test_a_failure_undoes_its_page_alone(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, monkeypatch
) -> None:
    monkeypatch.setattr(rescoring, "PAGE_ROWS", 4)
    job_id, _ = await _collected(http, services, organization, worker)
    kept = rescoring._earlier
    calls = []

    def falls(run: Rescoring, one: Change) -> EarlierScore:
        calls.append(one)
        if len(calls) == 6:
            raise OSError("the machine falls")
        return kept(run, one)

    monkeypatch.setattr(rescoring, "_earlier", falls)
    with pytest.raises(OSError, match="falls"):
        await _apply(services, job_id, lenient(-2.5))
    async with services.db.read() as session:
        assert list(await session.scalars(select(Submission.score).order_by(Submission.id))) == [1, 1, 1, 1, 5, 5]
        assert await session.scalar(select(func.count()).select_from(EarlierScore)) == 4
    done = await _apply(services, job_id, lenient(-2.5))
    assert (done.status, done.counts["files"]) == ("completed", 6)


async def test_models_look_at_the_originals_again(
    http: httpx.AsyncClient,
    services: Services,
    organization: Client,
    worker: WorkerClient,
    engine: WitnessEngine,
) -> None:
    job_id, decided = await _collected(http, services, organization, worker)
    copy = await submit(http, worker, job_id, photo(8.0, seed=5))
    await Dispatcher(services).drain()
    async with services.db.read() as session:
        gone = await session.get_one(Submission, decided[0]["id"])
    await services.store.delete(original_key(gone))
    engine.shift = 1.0
    async with services.db.read() as session:
        job = await session.get_one(Job, job_id)
    look = Originals(services.store, engine)
    outcomes = [one async for one in find_changes(services.db, job, RUBRIC, look)]
    assert outcomes[0] == Skipped(gone.id, "its original has been deleted")
    changes = [one for one in outcomes if isinstance(one, Change)]
    assert [(one.stars_before, one.stars_after) for one in changes] == [(1, 2), (2, 4), (2, 4), (5, 5), (5, 5), (1, 1)]
    assert (changes[-1].submission_id, changes[-1].reasons_after) == (copy["id"], ("integrity.duplicate",))
    run = await _apply(services, job_id, RUBRIC, look=look)
    assert (run.counts["moved"], run.counts["skipped"]) == (3, 1)
    shown = (await http.get(f"/v1/submissions/{decided[2]['id']}", headers=organization.headers)).json()
    assert (shown["score"], shown["score_breakdown"]["evidence"]["match"]["visual"]) == (4, 3.5)
    assert await check(services.db) == []


async def test_what_a_person_approved_without_the_engine_is_scored_again_and_keeps_the_verdict(
    http: httpx.AsyncClient,
    services: Services,
    organization: Client,
    worker: WorkerClient,
    engine: WitnessEngine,
) -> None:
    """In a database of an earlier release it may have no stars at all: then it is passed over."""
    job_id = (await post_job(http, organization, quantity=10))["id"]
    ids = [(await submit(http, worker, job_id, photo(8.0, seed=seed)))["id"] for seed in range(2)]
    await fails(services, engine)
    for one in ids:
        await http.post(f"/v1/submissions/{one}/review", json={"decision": "approve"}, headers=organization.headers)
    async with services.db.write() as session:
        await session.execute(update(Submission).where(Submission.id == ids[1]).values(score=None))
    run = await _apply(services, job_id, RUBRIC, look=Originals(services.store, engine))
    assert (run.status, run.counts["files"], run.counts["skipped"]) == ("completed", 1, 1)
    shown = (await http.get(f"/v1/submissions/{ids[0]}", headers=organization.headers)).json()
    assert (shown["status"], shown["score"], shown["score_breakdown"]["relevance"]) == ("approved", 3, 5.0)


def test_counts_add_up() -> None:
    def change(before: int, after: int, status: str, would_be: str) -> Change:
        return Change("sub_1", "file_1", status, would_be, before, after, (), (), False, {}, {})

    page = [change(4, 2, "approved", "rejected"), change(4, 4, "approved", "approved"), Skipped("sub_2", "gone")]
    once = add_counts({}, page)
    assert once == {
        "files": 2,
        "moved": 1,
        "disputed": 1,
        "skipped": 1,
        "stars": {"4→2": 1, "4→4": 1},
        "statuses": {"approved→rejected": 1, "approved→approved": 1},
    }
    assert add_counts(once, page)["stars"] == {"4→2": 2, "4→4": 2}
