"""What many workers ask at once is done together, and each gets an answer of its own."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from api.storage import StoreUnavailable
from api.tables import AuditEntry, Job, Submission
from api.workers import worker_service
from tests.api.story import post_job, upload

pytestmark = pytest.mark.anyio


@pytest.fixture
def together(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[int]]:
    """`sizes = together("accept_all")`: how many were done in each transaction from then on."""

    def watch(name: str) -> list[int]:
        sizes: list[int] = []
        done: Callable[..., Awaitable[list[Any]]] = getattr(worker_service, name)

        async def counted(*arguments: Any) -> list[Any]:
            sizes.append(next(len(several) for several in arguments if isinstance(several, list)))
            return await done(*arguments)

        monkeypatch.setattr(worker_service, name, counted)
        return sizes

    return watch


@pytest.fixture
async def workers(organization, make_worker):
    return [await make_worker(organization) for _ in range(6)]


async def _job(http, organization, **changes) -> str:
    return (await post_job(http, organization, **{"quantity": 20} | changes))["id"]


async def _accept_at_once(http, job_id, workers):
    path = f"/v1/worker/jobs/{job_id}/accept"
    return await asyncio.gather(*(http.post(path, headers=worker.headers) for worker in workers))


def _told(answers):
    return sorted("taken" if one.status_code == 201 else one.json()["error"]["code"] for one in answers)


async def test_the_last_slots_are_given_once(http, services, organization, workers, together):
    job_id, sizes = await _job(http, organization, quantity=2), together("accept_all")
    answers = await _accept_at_once(http, job_id, workers)
    assert _told(answers) == ["no_slots_open"] * 4 + ["taken"] * 2
    assert sum(sizes) == 6
    assert len(sizes) < 6
    async with services.db.read() as session:
        assert (await session.get_one(Job, job_id)).files_pending == 2
        slots = (await session.scalars(select(Submission))).all()
        accepted = select(func.count()).where(AuditEntry.action == "submission.accepted")
        assert await session.scalar(accepted) == 2
    assert {slot.id for slot in slots} == {one.json()["id"] for one in answers if one.status_code == 201}
    by_worker = {worker.id: one.json().get("id") for worker, one in zip(workers, answers, strict=True)}
    assert {slot.worker_id: slot.id for slot in slots}.items() <= by_worker.items()


async def test_a_group_keeps_the_limit_of_workers(http, organization, workers, together):
    job_id, sizes = await _job(http, organization, max_workers=3), together("accept_all")
    answers = await _accept_at_once(http, job_id, [*workers, *workers])
    taken = {worker.id for worker, one in zip([*workers, *workers], answers, strict=True) if one.status_code == 201}
    assert len(taken) == 3
    assert _told(answers) == ["max_workers"] * 6 + ["taken"] * 6
    assert len(sizes) < 12


async def test_a_group_keeps_the_limit_of_leases(http, organization, worker, services):
    job_id, most = await _job(http, organization), services.settings.collection.max_open_leases
    answers = await _accept_at_once(http, job_id, [worker] * (most + 3))
    assert _told(answers) == ["taken"] * most + ["too_many_leases"] * 3


async def test_jobs_of_others_stay_unknown_in_a_group(http, organization, make_organization, make_worker, workers):
    job_id = await _job(http, organization)
    stranger = await make_worker(await make_organization())
    answers = await _accept_at_once(http, job_id, [stranger, *workers, stranger])
    assert [one.status_code for one in answers] == [404, *[201] * 6, 404]


async def test_files_that_are_handed_in_together(http, services, organization, workers, together):
    job_id = await _job(http, organization)
    slots = [one.json() for one in await _accept_at_once(http, job_id, workers)]
    for slot in slots[:4]:
        await upload(http, slot, slot["id"].encode())
    sizes = together("submit_all")
    asked = [*zip(workers, slots, strict=True), (workers[0], slots[1]), (workers[2], slots[2])]
    answers = await asyncio.gather(
        *(http.post(f"/v1/worker/submissions/{slot['id']}/submit", headers=worker.headers) for worker, slot in asked)
    )
    assert [one.status_code for one in answers] == [200, 200, 200, 200, 409, 409, 404, 200]
    assert answers[2].json() == answers[7].json()
    assert answers[4].json()["error"]["code"] == "upload_missing"
    assert len(sizes) < len(asked)
    async with services.db.read() as session:
        queued = await session.scalars(select(Submission.id).where(Submission.status == "pending_score"))
        assert {*queued} == {slot["id"] for slot in slots[:4]}
        submitted = select(func.count()).where(AuditEntry.action == "submission.submitted")
        assert await session.scalar(submitted) == 4


async def test_a_store_that_fails_for_one_fails_for_no_other(http, services, organization, workers, monkeypatch):
    job_id = await _job(http, organization)
    slots = [one.json() for one in await _accept_at_once(http, job_id, workers)]
    for slot in slots:
        await upload(http, slot, slot["id"].encode())
    head = services.store.head

    async def failing(key: str, **limits: Any):
        if slots[3]["id"] in key:
            raise StoreUnavailable("away")
        return await head(key, **limits)

    monkeypatch.setattr(services.store, "head", failing)
    paths = [f"/v1/worker/submissions/{slot['id']}/submit" for slot in slots]
    answers = await asyncio.gather(
        *(http.post(path, headers=worker.headers) for path, worker in zip(paths, workers, strict=True))
    )
    assert [one.status_code for one in answers] == [200, 200, 200, 503, 200, 200]
    assert answers[3].json()["error"]["type"] == "overloaded"
    assert "away" not in answers[3].text, "what the store says may name keys"


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "once"}])
async def test_while_the_store_thinks_others_can_write(http, services, organization, workers, monkeypatch, headers):
    job_id = await _job(http, organization)
    (slot,) = [one.json() for one in await _accept_at_once(http, job_id, workers[:1])]
    await upload(http, slot, b"a file")
    asked, answering, head = asyncio.Event(), asyncio.Event(), services.store.head

    async def slow(key: str, **limits: Any):
        asked.set()
        await answering.wait()
        return await head(key, **limits)

    monkeypatch.setattr(services.store, "head", slow)
    path = f"/v1/worker/submissions/{slot['id']}/submit"
    submitting = asyncio.create_task(http.post(path, headers=workers[0].headers | headers))
    await asked.wait()
    assert _told(await asyncio.wait_for(_accept_at_once(http, job_id, workers[1:2]), 5)) == ["taken"]
    answering.set()
    assert (await submitting).json()["status"] == "pending_score"
