"""Changes of a running engine, from this process and from another replica of the same Ray."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from ray import serve as ray_serve

from configs.settings import BatchSettings, Role, Settings, load_settings
from serve.client import RayEngine
from serve.errors import EngineUnavailable
from serve.lease import lease
from tests.serve.replicas import replica_pids

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

ROLES: tuple[Role, ...] = ("concepts", "detector")


@pytest.fixture(scope="module")
def settings() -> Settings:
    whole = load_settings("embedded")
    return whole.model_copy(update={"models": {role: whole.models[role] for role in ROLES}})


@pytest.fixture(scope="module")
async def engine(settings: Settings) -> AsyncIterator[RayEngine]:
    engine = RayEngine(settings)
    await engine.start()
    yield engine
    await engine.close()


@ray_serve.deployment(name="caller", ray_actor_options={"num_cpus": 0})
class Caller:
    """Holds an engine as the front end's replicas do: its settings are those of the start."""

    def __init__(self, settings: Settings) -> None:
        self._engine = RayEngine(settings)
        self._engine.join()

    async def reconfigure_engine(self, batches: Mapping[Role, BatchSettings]) -> str:
        try:
            await self._engine.reconfigure(batches)
        except ValueError as error:
            return str(error)
        return "done"

    async def batches(self) -> Mapping[Role, BatchSettings]:
        return await self._engine.batches()


@pytest.fixture(scope="module")
async def caller(engine: RayEngine, settings: Settings) -> Any:
    return await asyncio.to_thread(ray_serve.run, Caller.bind(settings), name="caller", route_prefix=None)


async def test_changes_from_two_processes_are_all_in_force_and_no_replica_is_replaced(
    engine: RayEngine, caller: Any
) -> None:
    before = {role: replica_pids(role) for role in (*ROLES, "scorer")}
    assert all(len(pids) == 1 for pids in before.values()), before
    detector, concepts = (BatchSettings(max_cost=9, max_items=items) for items in (3, 5))
    changes = [engine.reconfigure({"concepts": concepts}), caller.reconfigure_engine.remote({"detector": detector})]
    assert await asyncio.gather(*changes) == [None, "done"]
    expected = {"concepts": concepts, "detector": detector}
    assert await engine.batches() == await caller.batches.remote() == expected
    assert {role: replica_pids(role) for role in before} == before


async def test_a_batch_that_could_never_fill_is_refused_with_the_reason(engine: RayEngine, caller: Any) -> None:
    before = await engine.batches()
    too_large = {"detector": BatchSettings(max_cost=9, max_items=65)}
    assert "max_ongoing_requests 64 is below max_items × concurrent = 65" in await caller.reconfigure_engine.remote(
        too_large
    )
    with pytest.raises(ValueError, match="no model for speech"):
        await engine.reconfigure({"speech": BatchSettings(max_cost=9)})
    assert await engine.batches() == before


@pytest.mark.usefixtures("engine")
async def test_a_lease_is_held_by_one_and_taken_over_from_the_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("serve.lease.LEASE_SECONDS", 0.5)
    async with lease("trial"):
        await asyncio.sleep(0.8)  # it is renewed
        with pytest.raises(EngineUnavailable, match="another trial"):
            async with lease("trial", wait_seconds=0.2):
                pass
    async with lease("trial", wait_seconds=0):
        pass
    monkeypatch.setattr("serve.lease._renew", lambda key: asyncio.sleep(60))
    async with lease("trial"), lease("trial", wait_seconds=2):
        pass
