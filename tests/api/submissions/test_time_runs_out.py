"""Leases, deadlines and the retention of what was uploaded."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from api.clock import now
from api.credits.check import check
from api.dispatcher import Dispatcher
from api.services import Services
from api.submissions.late_uploads import next_look
from api.sweeper import Sweeper
from api.tables import Job, Submission
from tests.api.conftest import Client, WorkerClient
from tests.api.scripted import ScriptedEngine, picture
from tests.api.story import accept, begin_parts, post_job, see, stored, submit, submit_scored, upload

pytestmark = pytest.mark.anyio


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
    assert (await see(http, worker, lease["id"]))["status"] == "expired"
    shown = (await http.get(f"/v1/jobs/{job['id']}", headers=organization.headers)).json()
    assert (shown["slots_open"], shown["files_pending"]) == (3, 0)
    ended = (await http.get(f"/v1/jobs/{late['id']}", headers=organization.headers)).json()
    assert (ended["status"], ended["held_credits"]) == ("timed_out", 0)
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
    assert len(stored(services, "uploads")) == 4
    long_ago = now() - timedelta(days=91)
    async with services.db.write() as session:
        await session.execute(update(Submission).values(updated_at=long_ago))
    await Sweeper(services).originals()
    (kept,) = stored(services, "uploads")
    assert waiting["id"] in str(kept)
    async with services.db.read() as session:
        rows = {row.id: row for row in await session.scalars(select(Submission))}
    gone = [rows[one["id"]] for one in (surplus, late, unread)]
    assert [row.status for row in gone] == ["surplus", "expired", "rejected"]
    assert all(row.original_deleted_at is not None and row.updated_at == long_ago for row in gone)
    assert rows[waiting["id"]].original_deleted_at is None


async def run_out(services: Services, *submissions: dict[str, Any]) -> None:
    """End the leases of submissions, and sweep."""
    ids = [submission["id"] for submission in submissions]
    async with services.db.write() as session:
        await session.execute(update(Submission).where(Submission.id.in_(ids)).values(lease_expires_at=now()))
    await Sweeper(services).sweep()
    await Sweeper(services).arrivals()


async def look_after(services: Services, submission: dict[str, Any], age: timedelta) -> datetime | None:
    """When the next look is, after one at this time since the slot was taken back."""
    async with services.db.write() as session:
        row = await session.get_one(Submission, submission["id"])
        row.updated_at, row.arrival_check_at = now() - age, now()
    await Sweeper(services).arrivals()
    async with services.db.read() as session:
        return (await session.get_one(Submission, submission["id"])).arrival_check_at


async def test_an_upload_goes_with_the_lease_in_which_it_was_not_handed_in(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    """Whole or in parts, and again while its URL or an upload that began with it may bring another."""
    job = await post_job(http, organization)
    whole, in_parts = await accept(http, worker, job["id"]), await accept(http, worker, job["id"])
    await upload(http, whole, picture(5))
    await begin_parts(http, worker, in_parts["id"], 10)
    await run_out(services, whole, in_parts)
    assert [*stored(services, "uploads"), *stored(services, ".incoming")] == []
    async with services.db.read() as session:
        assert [row.upload_id for row in await session.scalars(select(Submission))] == [None, None]

    lease = timedelta(seconds=services.settings.collection.upload_lease_seconds)
    for age, is_over in ((lease, False), (lease + timedelta(days=1), True)):
        await upload(http, whole, picture(5))
        next_at = await look_after(services, whole, age)
        assert (stored(services, "uploads"), next_at is None) == ([], is_over)


async def test_a_scored_file_stays_when_its_retry_is_not_taken(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient, engine: ScriptedEngine
) -> None:
    """And when the retry is taken, its upload goes alone."""
    job = await post_job(http, organization)
    untaken, taken = [await submit_scored(http, services, worker, job["id"], 2, seed=seed) for seed in (1, 2)]
    again = await http.post(f"/v1/worker/submissions/{taken['id']}/retry", headers=worker.headers)
    await upload(http, again.json(), picture(5, seed=3))
    assert len(stored(services, "uploads")) == 3
    await run_out(services, untaken, taken)
    assert [(await see(http, worker, one["id"]))["status"] for one in (untaken, taken)] == ["expired"] * 2
    assert sorted(path.name for path in stored(services, "uploads")) == ["1", "1"]


@pytest.mark.parametrize(
    ("age", "look"), [(0, 1800), (1799, 1800), (1800, 1800 + 86400), (1800 + 86399, 1800 + 86400), (1800 + 86400, None)]
)
def test_looks_for_late_uploads(age: int, look: int | None) -> None:
    expected = None if look is None else timedelta(seconds=look)
    assert next_look(timedelta(seconds=age), timedelta(seconds=1800)) == expected
