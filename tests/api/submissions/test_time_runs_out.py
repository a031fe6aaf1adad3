"""Leases, deadlines and the retention of what was uploaded."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select, update

from api.clock import now
from api.credits.check import check
from api.dispatcher import Dispatcher
from api.services import Services
from api.sweeper import Sweeper
from api.tables import Job, Submission
from tests.api.conftest import Client, WorkerClient
from tests.api.scripted import ScriptedEngine, picture
from tests.api.story import accept, post_job, see, stored, submit, upload

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
