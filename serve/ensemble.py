"""The scorer over one set of weights: a submission meets the same models from its first look to its last."""

import asyncio
from collections.abc import Mapping

from configs.settings import Role
from models.outputs import ModelIdentity
from pipeline.result import ScoreRequest, ScoreResult
from serve.handles import RayHandle, SharedArrays
from serve.live import Live
from serve.loading import encoder_of
from serve.model_handles import ModelHandles
from serve.recent import Recent
from serve.scorer import Decode, Scorer


class Ensemble:
    """One state of the engine. A change of weights makes another one beside it, which new submissions go to."""

    def __init__(self, live: Live, decode: Decode, models: ModelHandles, shared: SharedArrays) -> None:
        self.live = live
        self.decode = decode
        self.under_way = 0
        """Submissions that are being scored by these weights."""
        self._models = {role: models.of(role, name) for role, name in live.applications.items()}
        self.handles = {
            role: RayHandle(model, max_items=live.settings.models[role].batch.max_items, shared=shared)
            for role, model in self._models.items()
        }
        self._identities: Recent[str, Mapping[Role, ModelIdentity]] = Recent(1)
        self._scorer: Recent[str, Scorer] = Recent(1)

    def differs_by_batches_alone(self, live: Live) -> bool:
        """Whether the other state has the same models and scores them in the same way."""
        return live.applications == self.live.applications and live.rubric == self.live.rubric

    def take_batches(self, live: Live) -> None:
        """Group what goes to the models as the new batches want it."""
        self.live = live
        for role, handle in self.handles.items():
            handle.max_items = live.settings.models[role].batch.max_items

    async def scorer(self) -> Scorer:
        """Made at the first question, since the models may still be loading before it."""
        return await self._scorer.get("scorer", self._assemble)

    async def score(self, request: ScoreRequest) -> ScoreResult:
        self.under_way += 1
        try:
            return await (await self.scorer()).score(request)
        finally:
            self.under_way -= 1

    async def identities(self) -> Mapping[Role, ModelIdentity]:
        """Which model answers for each role."""
        return await self._identities.get("identities", self._ask_identities)

    async def _ask_identities(self) -> Mapping[Role, ModelIdentity]:
        asked = await asyncio.gather(*(model.identity.remote() for model in self._models.values()))
        return dict(zip(self._models, asked, strict=True))

    async def _assemble(self) -> Scorer:
        encoder = encoder_of(self.live.settings, self.live.rubric)
        return Scorer(self.decode, self.handles, await self.identities(), self.live.rubric, encoder)
