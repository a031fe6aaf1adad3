"""An engine of several models whose counters move as a test says."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from configs.settings import BatchSettings, Role, load_settings
from models.outputs import ModelIdentity
from serve.batching import BatchStats
from tests.api.scripted import ScriptedEngine


class WatchedEngine(ScriptedEngine):
    """The scripted engine with the models of the embedded profile."""

    def __init__(self) -> None:
        super().__init__()
        self.configured: dict[Role, BatchSettings] = {
            role: model.batch for role, model in load_settings("embedded").models.items()
        }
        self.counted: dict[Role, list[BatchStats]] = {role: [BatchStats(), BatchStats()] for role in self.configured}
        """Of two replicas each."""

    async def batches(self) -> Mapping[Role, BatchSettings]:
        return dict(self.configured)

    async def reconfigure(self, batches: Mapping[Role, BatchSettings]) -> None:
        self.configured |= batches

    async def identities(self) -> Mapping[Role, ModelIdentity]:
        return {role: ModelIdentity(role, f"{role}-net", "1", "ab" * 32, "bf16") for role in self.configured}

    async def stats(self) -> Mapping[Role, list[BatchStats]]:
        return {role: [replace(one) for one in replicas] for role, replicas in self.counted.items()}


@pytest.fixture
def engine() -> WatchedEngine:
    return WatchedEngine()
