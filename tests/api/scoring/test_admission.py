"""`POST /v1/score` sends away what the engine has no place for, before anything piles up."""

import asyncio

import httpx
import pytest

from api.services import Services
from tests.api.conftest import Client
from tests.api.scripted import ScriptedEngine, picture

pytestmark = pytest.mark.anyio


async def score(http: httpx.AsyncClient, organization: Client) -> httpx.Response:
    form = {"description": "Any picture at all"}
    return await http.post("/v1/score", files={"file": picture(4)}, data=form, headers=organization.headers)


async def test_a_file_too_many_is_told_to_come_again(
    http: httpx.AsyncClient, organization: Client, engine: ScriptedEngine, services: Services
) -> None:
    engine.gate.clear()
    places = services.settings.api.score_concurrency
    under_way = [asyncio.create_task(score(http, organization)) for _ in range(places)]
    while len(engine.requests) < places:
        await asyncio.sleep(0.01)

    refused = await score(http, organization)

    assert (refused.status_code, refused.json()["error"]["type"]) == (503, "overloaded")
    assert int(refused.headers["Retry-After"]) > 0
    assert len(engine.requests) == places
    engine.gate.set()
    assert {answer.status_code for answer in await asyncio.gather(*under_way)} == {200}
    assert (await score(http, organization)).status_code == 200


async def test_a_fault_of_the_engine_gives_its_place_back(
    http: httpx.AsyncClient, organization: Client, engine: ScriptedEngine, services: Services
) -> None:
    tries = services.settings.api.score_concurrency + 1
    engine.failures = tries
    failed = [await score(http, organization) for _ in range(tries)]
    assert {(one.status_code, one.json()["error"]["code"]) for one in failed} == {(503, "engine_failed")}
    assert (await score(http, organization)).status_code == 200
