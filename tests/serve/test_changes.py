"""What a change of a running engine does when Serve is slow or refuses, and what a dead replica tells."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ray.exceptions import ActorDiedError
from ray.serve._private.common import DeploymentID
from ray.serve.exceptions import DeploymentUnavailableError

from configs.settings import load_settings
from serve import changes
from serve.app import NotUpYet
from serve.batching import BatchStats
from serve.client import RayEngine
from serve.errors import EngineUnavailable
from serve.live import Live

pytestmark = pytest.mark.anyio

BEFORE = Live.of(load_settings("embedded"))
AFTER = BEFORE.model_copy(update={"code": "another"})
DEAD = [ActorDiedError(), DeploymentUnavailableError(DeploymentID(name="text", app_name="assay-text"))]


@asynccontextmanager
async def nobody_else(name: str) -> AsyncIterator[None]:
    yield


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> list[Live]:
    """What was deployed, one after the other."""
    monkeypatch.setattr(changes, "lease", nobody_else)
    monkeypatch.setattr(changes, "current", lambda: BEFORE)
    return []


async def test_a_change_waits_for_no_replica_that_looks_for_a_place(
    deployed: list[Live], monkeypatch: pytest.MonkeyPatch
) -> None:
    def deploy(live: Live, *_: Any) -> None:
        deployed.append(live)
        raise NotUpYet("detector: not up after 30 s")

    monkeypatch.setattr(changes, "deploy", deploy)
    assert await changes.change(lambda live: AFTER) == AFTER
    assert deployed == [AFTER]


async def test_a_change_that_is_refused_is_taken_back(deployed: list[Live], monkeypatch: pytest.MonkeyPatch) -> None:
    def deploy(live: Live, *_: Any) -> None:
        deployed.append(live)
        if live is AFTER:
            raise EngineUnavailable("UNHEALTHY")

    monkeypatch.setattr(changes, "deploy", deploy)
    with pytest.raises(EngineUnavailable, match="UNHEALTHY"):
        await changes.change(lambda live: AFTER)
    assert deployed == [AFTER, BEFORE]


class Dead:
    """A handle of a model whose replica has died."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def broadcast(self, method: str) -> "Dead":
        return self

    async def results_async(self) -> Any:
        raise self._error

    @property
    def identity(self) -> "Dead":
        return self

    async def remote(self) -> Any:
        raise self._error


class Standing:
    """The handle of a model whose replica answers never, or at once."""

    def __init__(self, told: list[BatchStats] | None = None) -> None:
        self._told = told

    def broadcast(self, method: str) -> "Standing":
        return self

    async def results_async(self) -> list[BatchStats]:
        return await asyncio.Future() if self._told is None else self._told


@pytest.mark.parametrize("error", DEAD, ids=lambda error: type(error).__name__)
async def test_a_dead_replica_is_an_engine_that_does_not_answer(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = RayEngine(load_settings("embedded"))

    async def models() -> dict[str, tuple[str, Any]]:
        return {"text": ("assay-text", Dead(error))}

    monkeypatch.setattr(engine, "_models", models)
    assert await engine.stats() == {"text": []}
    with pytest.raises(EngineUnavailable, match="assay-text does not answer"):
        await engine.identities()


async def test_a_replica_that_stands_still_keeps_nobody_from_the_counters_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = RayEngine(load_settings("embedded"))

    async def models() -> dict[str, tuple[str, Any]]:
        return {"text": ("assay-text", Standing()), "concepts": ("assay-concepts", Standing([BatchStats()]))}

    monkeypatch.setattr(engine, "_models", models)
    monkeypatch.setattr("serve.client.STATS_SECONDS", 0.05)
    assert await engine.stats() == {"text": [], "concepts": [BatchStats()]}
