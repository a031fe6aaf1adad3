"""What runs inside the scorer's replica: an ensemble, and those that it took over from while they finish."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.settings import Settings
from pipeline import english
from pipeline.result import ScoreRequest, ScoreResult
from serve.decoding import AsyncDecoder
from serve.ensemble import Ensemble
from serve.errors import EngineError
from serve.handles import SharedArrays
from serve.idle_memory import give_back_when_idle
from serve.live import Live
from serve.model_handles import ModelHandles
from serve.trial import Compared, TrialRun


class ScorerDeployment:
    """The scorer over handles of the models, with the decoding processes of this replica."""

    def __init__(self, settings: Settings) -> None:
        self._decoder = AsyncDecoder(settings)
        self._shared = SharedArrays()
        self._models = ModelHandles()
        self._ensembles: list[Ensemble] = []
        """The last one gets what is new."""
        self._trial: TrialRun | None = None
        self._trials: list[TrialRun] = []
        """Ended, with comparisons under way."""
        english.identifier()  # while the models load beside it
        give_back_when_idle()

    async def reconfigure(self, user_config: dict[str, Any]) -> None:
        """Take another `Live` state; Serve calls it before the first request, and at every change."""
        live = Live.model_validate(user_config)
        self._try_out(live)
        if self._ensembles and self._ensembles[-1].differs_by_batches_alone(live):
            self._ensembles[-1].take_batches(live)
            return
        ensemble = Ensemble(live, self._decoder, self._models, self._shared)
        if self._ensembles:  # nothing has to wait for it
            await ensemble.scorer()
        self._ensembles = [*(one for one in self._ensembles if one.under_way), ensemble]

    async def __call__(self, request: ScoreRequest) -> list[ScoreResult | EngineError | OSError]:
        """One answer: the result, or why the engine could not give one."""
        try:
            return [await self._score(request)]
        except (EngineError, OSError) as error:
            return [error]

    async def embed(self, sentence: str) -> list[NDArray[np.float32] | EngineError]:
        """A sentence in the space of the files' embeddings, or why there is none."""
        try:
            scorer = await self._ensembles[-1].scorer()
            return [await scorer.embed(sentence)]
        except EngineError as error:
            return [error]

    async def in_use(self) -> set[str]:
        """The models' applications that submissions under way may still ask. Only whoever holds the swap asks."""
        self._ensembles = [one for one in self._ensembles[:-1] if one.under_way] + self._ensembles[-1:]
        self._trials = [one for one in self._trials if one.running]
        tried = {one.trial.application for one in [*self._trials, self._trial] if one is not None}
        names = tried | {name for one in self._ensembles for name in one.live.applications.values()}
        await self._models.keep(names)
        return names

    def compared(self) -> list[Compared]:
        """What the trial has found in this replica, so far."""
        return self._trial.compared if self._trial is not None else []

    async def _score(self, request: ScoreRequest) -> ScoreResult:
        ensemble, trial = self._ensembles[-1], self._trial
        if trial is not None and trial.chooses():
            return await trial.score(ensemble, request)
        return await ensemble.score(request)

    def _try_out(self, live: Live) -> None:
        running = self._trial.trial if self._trial is not None else None
        if live.trial == running:
            return
        if self._trial is not None:
            self._trials.append(self._trial)
        self._trial = TrialRun(live.trial, live.settings, self._models, self._shared) if live.trial else None
