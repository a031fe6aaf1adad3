"""Test keys: submissions come by themselves, are really scored, and cost nothing."""

from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from api.credits.check import check
from api.dispatcher import Dispatcher
from api.sandbox import Sandbox
from api.sandbox_media import sample_file
from api.services import Services
from api.tables import Event
from configs.settings import DecodeSettings
from pipeline.decode import decode
from pipeline.media import MIME_TYPES
from tests.api.conftest import Client, WorkerClient
from tests.api.story import JOB

pytestmark = pytest.mark.anyio


async def _post(http: httpx.AsyncClient, organization: Client, **changes: Any) -> str:
    answer = await http.post("/v1/jobs", json=JOB | {"quantity": 2} | changes, headers=organization.test_headers)
    assert (answer.status_code, answer.json()["held_credits"]) == (201, 0)
    return str(answer.json()["id"])


async def test_a_test_job_fills_by_itself(http: httpx.AsyncClient, services: Services, organization: Client) -> None:
    job_id = await _post(http, organization)
    for _ in range(2):
        assert await Sandbox(services).step() == 1
        await Dispatcher(services).drain()
    job = (await http.get(f"/v1/jobs/{job_id}", headers=organization.test_headers)).json()
    assert (job["status"], job["livemode"], job["spent_credits"]) == ("completed", False, 0)
    files = (await http.get(f"/v1/jobs/{job_id}/files", headers=organization.test_headers)).json()["data"]
    assert len(files) == 2
    async with services.db.read() as session:
        events: Sequence[Event] = (await session.scalars(select(Event))).all()
    assert {event.livemode for event in events} == {False}
    assert await check(services.db) == []
    assert await Sandbox(services).step() == 0


async def test_a_job_that_had_enough_makes_way_for_others(
    http: httpx.AsyncClient, services: Services, organization: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.sandbox.JOBS_AT_ONCE", 1)
    await _post(http, organization, quantity=1, min_star_rating=5)
    for made in (1, 1, 1, 0):
        assert await Sandbox(services).step() == made
        await Dispatcher(services).drain()
    await _post(http, organization)
    assert await Sandbox(services).step() == 1


async def test_the_modes_do_not_see_each_other(
    http: httpx.AsyncClient, organization: Client, worker: WorkerClient
) -> None:
    job_id = await _post(http, organization)
    assert (await http.get(f"/v1/jobs/{job_id}", headers=organization.headers)).status_code == 404
    assert (await http.get("/v1/jobs", headers=organization.headers)).json()["data"] == []
    assert (await http.get("/v1/worker/jobs", headers=worker.headers)).json()["data"] == []
    assert (await http.post(f"/v1/worker/jobs/{job_id}/accept", headers=worker.headers)).status_code == 404


@pytest.mark.parametrize("media_format", MIME_TYPES)
def test_samples_are_what_they_claim(media_format: str) -> None:
    decoded = decode(sample_file(media_format, "Photos of coffee shop menus", 0), DecodeSettings())
    assert (decoded.facts.format, decoded.facts.content_type) == (media_format, MIME_TYPES[media_format][0])


def test_samples_differ() -> None:
    assert sample_file("png", "Menus", 0) != sample_file("png", "Menus", 1)
