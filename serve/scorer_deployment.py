"""What runs inside the scorer's replica: the scorer over handles of the models."""

import asyncio
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from ray.serve.handle import DeploymentHandle

from configs.settings import Role, Settings
from models.outputs import ModelIdentity
from pipeline.result import ScoreRequest, ScoreResult
from serve.decoding import AsyncDecoder
from serve.errors import EngineError
from serve.handles import RayHandle, SharedArrays
from serve.loading import load_scoring
from serve.recent import Recent
from serve.scorer import Scorer


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
        self._decoder = AsyncDecoder(settings)
        self._scorer: Recent[str, Scorer] = Recent(1)

    async def __call__(self, request: ScoreRequest) -> list[ScoreResult | EngineError | OSError]:
        """One answer: the result, or why the engine could not give one."""
        try:
            scorer = await self._scorer.get("scorer", self._assemble)
            return [await scorer.score(request)]
        except (EngineError, OSError) as error:
            return [error]

    async def embed(self, sentence: str) -> list[NDArray[np.float32] | EngineError]:
        """A sentence in the space of the files' embeddings, or why there is none."""
        try:
            scorer = await self._scorer.get("scorer", self._assemble)
            return [await scorer.embed(sentence)]
        except EngineError as error:
            return [error]

    async def identities(self) -> dict[Role, ModelIdentity]:
        """Which model answers for each role."""
        roles = list(self._models)
        identities = await asyncio.gather(*(self._models[role].identity.remote() for role in roles))
        return dict(zip(roles, identities, strict=True))

    async def _assemble(self) -> Scorer:
        rubric, encoder = load_scoring(self._settings)
        return Scorer(self._decoder, self._handles, await self.identities(), rubric, encoder)
