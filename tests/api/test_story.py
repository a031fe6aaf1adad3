"""From a posted job to a delivered, paid file."""

import hashlib

import httpx
import pytest

from api.services import Services
from tests.api.conftest import Client, WorkerClient
from tests.api.story import post_job, submit_scored

pytestmark = pytest.mark.anyio


async def test_a_job_is_filled_paid_and_delivered(
    http: httpx.AsyncClient, services: Services, organization: Client, worker: WorkerClient
) -> None:
    job = await post_job(http, organization, quantity=2)
    assert (job["status"], job["held_credits"], job["slots_open"]) == ("active", 100, 2)

    first = await submit_scored(http, services, worker, job["id"], 4, seed=1)
    assert (first["status"], first["score"], first["earned_credits"]) == ("approved", 4, 50)
    listed = (await http.get(f"/v1/jobs/{job['id']}/files", headers=organization.headers)).json()
    (file,) = listed["data"]
    assert (file["status"], file["score"], file["width"], file["height"]) == ("approved", 4, 96, 64)
    content = (await http.get(file["download_url"])).content
    assert hashlib.sha256(content).hexdigest() == file["sha256"]

    await submit_scored(http, services, worker, job["id"], 5, seed=2)
    ended = (await http.get(f"/v1/jobs/{job['id']}", headers=organization.headers)).json()
    assert (ended["status"], ended["spent_credits"], ended["held_credits"]) == ("completed", 100, 0)
    me = (await http.get("/v1/worker/me", headers=worker.headers)).json()
    assert (me["earned_credits"], me["strikes"]) == (100, 0)
