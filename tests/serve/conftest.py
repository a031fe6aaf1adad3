"""One Ray for every test here that needs one: its start takes as long as most of them together."""

from collections.abc import AsyncIterator

import pytest

from configs.settings import Role, Settings, load_settings
from pipeline.brief import JobBrief
from pipeline.result import ScoreRequest
from serve.client import InProcessEngine, RayEngine
from serve.errors import EngineUnavailable
from tests.serve.replicas import ray_processes

ROLES: tuple[Role, ...] = ("concepts", "detector")
"""The two that load fastest."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="package")
def settings() -> Settings:
    """The embedded profile with two models, compiled in the machine's own cache."""
    whole = load_settings("embedded")
    return whole.model_copy(update={"models": {role: whole.models[role] for role in ROLES}})


@pytest.fixture(scope="module")
async def process_engine(settings: Settings) -> AsyncIterator[InProcessEngine]:
    engine = InProcessEngine(settings)
    await _start(engine)
    yield engine
    await _end(engine)


@pytest.fixture(scope="package")
async def ray_engine(settings: Settings) -> AsyncIterator[RayEngine]:
    """As tests before left it: each says what it needs of the models and their batches."""
    engine = RayEngine(settings)
    await _start(engine)
    yield engine
    await _end(engine)
    assert not list(ray_processes()), "closing the engine leaves no process behind"


async def _start(engine: InProcessEngine | RayEngine) -> None:
    steps: list[str] = []
    await engine.start(steps.append)
    assert any("detector" in step for step in steps)


async def _end(engine: InProcessEngine | RayEngine) -> None:
    await engine.close()
    with pytest.raises(EngineUnavailable):
        await engine.score(ScoreRequest(b"", JobBrief(description="Nothing.")))
