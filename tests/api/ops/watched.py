"""The scripted engine with the models of the embedded profile, two replicas each, whose counters move."""

from collections.abc import Mapping
from dataclasses import replace

from configs.settings import BatchSettings, Role, load_settings
from models.outputs import ModelIdentity
from pipeline.result import ScoreRequest, ScoreResult
from serve.batching import BatchStats
from tests.api.scripted import ScriptedEngine

BATCH_SECONDS = 0.02


class WatchedEngine(ScriptedEngine):
    """Every file that it scores is one full batch of every model."""

    def __init__(self) -> None:
        super().__init__()
        self.configured: dict[Role, BatchSettings] = {
            role: model.batch for role, model in load_settings("embedded").models.items()
        }
        self.counted: dict[Role, list[BatchStats]] = {role: [BatchStats(), BatchStats()] for role in self.configured}
        """Of the two replicas."""

    async def score(self, request: ScoreRequest) -> ScoreResult:
        result = await super().score(request)
        for role, (first, _) in self.counted.items():
            first.batches += 1
            first.items += self.configured[role].max_items
            first.fill_sum += 1.0
            first.run_seconds += BATCH_SECONDS
        return result

    async def identities(self) -> Mapping[Role, ModelIdentity]:
        return {role: ModelIdentity(role, f"{role}-net", "1", "ab" * 32, "bf16") for role in self.configured}

    async def stats(self) -> Mapping[Role, list[BatchStats]]:
        return {role: [replace(one) for one in replicas] for role, replicas in self.counted.items()}
