"""What a migration makes of rows that earlier releases left."""

import httpx
import pytest
from alembic import command
from sqlalchemy import Connection, select, update

from api.db import WRITING
from api.migrations.run import config, migrate
from api.services import Services
from api.tables import File, Submission
from tests.api.conftest import Client, WorkerClient
from tests.api.story import post_job, submit_scored

pytestmark = pytest.mark.anyio

AGAIN = {"status": "awaiting_upload", "attempt": 2}


async def test_files_of_first_attempts_do_not_stay_open(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization, quantity=4)
    made = [await submit_scored(http, services, worker, job["id"], 2, seed=seed) for seed in range(3)]
    ids = [one["id"] for one in made]
    async with services.db.write() as session:  # as they were: the files had no part in what followed
        for submission_id, changed in zip(
            ids[1:], ({"status": "surplus", "lease_expires_at": None}, AGAIN), strict=True
        ):
            await session.execute(update(Submission).where(Submission.id == submission_id).values(changed))
    async with services.db.engine.execution_options(**WRITING).begin() as connection:
        await connection.run_sync(_back_to_0007)
    await migrate(services.db)
    async with services.db.read() as session:
        found = (await session.execute(select(File.submission_id, File.status))).all()
    assert dict(found) == dict(zip(ids, ("retry_pending", "surplus", "rejected"), strict=True))


def _back_to_0007(connection: Connection) -> None:
    command.downgrade(config(connection), "0007")
