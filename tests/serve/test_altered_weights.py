"""A start of Ray that fails. It comes before the tests that share a Ray: a process has one at a time."""

from pathlib import Path

import pytest

from configs.settings import Settings
from serve.client import RayEngine
from serve.errors import EngineUnavailable

pytestmark = [pytest.mark.slow, pytest.mark.anyio]


async def test_weights_that_are_not_the_pinned_ones_end_the_start_and_are_named(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_SERVE_MAX_PER_REPLICA_RETRY_COUNT", "1")  # of three tries, each 8 s, two show nothing new
    declared = settings.weights.read_text(encoding="utf-8")
    digest = "c15d8273adad2d0a92f014cc69ab2d6c311a06777a55545f2c4eb46f51911f0f"
    assert digest in declared
    (tmp_path / "weights.yaml").write_text(declared.replace(digest, "f" * 64))
    engine = RayEngine(settings.model_copy(update={"weights": tmp_path / "weights.yaml"}))
    with pytest.raises(EngineUnavailable, match=f"SHA-256 is {digest}"):
        await engine.start()
    await engine.close()
