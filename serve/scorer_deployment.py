"""What runs inside the scorer's replica: an ensemble, and those that it took over from while they finish."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.settings import Settings
from pipeline.result import ScoreRequest, ScoreResult
from serve.decoding import AsyncDecoder
from serve.ensemble import Ensemble
from serve.errors import EngineError
from serve.handles import SharedArrays
from serve.live import Live


class ScorerDeployment:
    """The scorer over handles of the models, with the decoding processes of this replica."""

    def __init__(self, settings: Settings) -> None:
        self._decoder = AsyncDecoder(settings)
        self._shared = SharedArrays()
        self._ensembles: list[Ensemble] = []
        """The last one gets what is new."""

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take another `Live` state; Serve calls it before the first request, and at every change."""
        live = Live.model_validate(user_config)
        if self._ensembles and self._ensembles[-1].differs_by_batches_alone(live):
            self._ensembles[-1].take_batches(live)
            return
        ensemble = Ensemble(live, self._decoder, self._shared)
        if self._ensembles:  # nothing has to wait for it
            await ensemble.scorer()
        self._ensembles = [*(one for one in self._ensembles if one.under_way), ensemble]

    async def __call__(self, request: ScoreRequest) -> list[ScoreResult | EngineError | OSError]:
        """One answer: the result, or why the engine could not give one."""
        try:
            return [await self._ensembles[-1].score(request)]
        except (EngineError, OSError) as error:
            return [error]

    async def embed(self, sentence: str) -> list[NDArray[np.float32] | EngineError]:
        """A sentence in the space of the files' embeddings, or why there is none."""
        try:
            scorer = await self._ensembles[-1].scorer()
            return [await scorer.embed(sentence)]
        except EngineError as error:
            return [error]

    def in_use(self) -> set[str]:
        """The models' applications that submissions under way may still ask."""
        self._ensembles = [one for one in self._ensembles[:-1] if one.under_way] + self._ensembles[-1:]
        return {name for one in self._ensembles for name in one.live.applications.values()}
