"""What runs inside the replicas: thin classes around a model and around the scorer.

Deployments return errors instead of raising them, since Ray wraps what is raised; the handle at the other end
raises them again as what they are.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from ray.serve.handle import DeploymentHandle

from configs.settings import BatchSettings, Role, Settings
from models.outputs import ModelIdentity
from pipeline.result import ScoreRequest, ScoreResult
from pipeline.rubric import load_rubric
from serve.batching import Batcher, BatchStats
from serve.decoding import AsyncDecoder
from serve.errors import EngineError
from serve.handles import RayHandle, SharedArrays
from serve.loading import load_model
from serve.recent import Recent
from serve.scorer import Scorer


class ModelDeployment:
    """One model of the ensemble behind its own queue."""

    def __init__(self, role: Role, settings: Settings) -> None:
        self._model = load_model(role, settings)
        self._batcher = Batcher(self._model, settings.models[role].batch)

    def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take other `BatchSettings` while running; Serve calls it when `user_config` changes."""
        self._batcher.reconfigure(BatchSettings.model_validate(user_config))

    async def __call__(self, *items: Any) -> list[Any]:
        """The model's output for each item, or the exception that it caused."""
        return await asyncio.gather(*(self._batcher(item) for item in items), return_exceptions=True)

    def identity(self) -> ModelIdentity:
        return self._model.identity

    def stats(self) -> BatchStats:
        return self._batcher.stats

    async def check_health(self) -> None:
        """After a failure, see whether the model still works on a blank item; what it raises ends the replica."""
        if self._batcher.stats.failures_in_a_row:
            await asyncio.to_thread(self._model.warm_up)


class ScorerDeployment:
    """The scorer over handles of the models, with the decoding processes of this replica."""

    def __init__(self, settings: Settings, models: Mapping[Role, DeploymentHandle]) -> None:
        shared = SharedArrays()
        self._settings = settings
        self._models = models
        self._handles = {
            role: RayHandle(model, max_items=settings.models[role].batch.max_items, shared=shared)
            for role, model in models.items()
        }
        self._decoder = AsyncDecoder(settings.decode)
        self._scorer: Recent[str, Scorer] = Recent(1)

    async def __call__(self, request: ScoreRequest) -> list[ScoreResult | EngineError | OSError]:
        """One answer: the result, or why the engine could not give one."""
        try:
            scorer = await self._scorer.get("scorer", self._assemble)
            return [await scorer.score(request)]
        except (EngineError, OSError) as error:
            return [error]

    async def identities(self) -> dict[Role, ModelIdentity]:
        """Which model answers for each role."""
        roles = list(self._models)
        identities = await asyncio.gather(*(self._models[role].identity.remote() for role in roles))
        return dict(zip(roles, identities, strict=True))

    async def _assemble(self) -> Scorer:
        rubric = load_rubric(self._settings.rubric)
        encoder = self._settings.models["concepts"].backend
        return Scorer(self._decoder, self._handles, await self.identities(), rubric, encoder)
