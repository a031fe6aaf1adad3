"""A candidate beside the ensemble: a share of the submissions is scored a second time, for comparison alone.

Those count that asked the role something: what a recording says of a detector is nothing.

The answer that goes back, and with it every decision about money, is that of the ensemble. The second score starts
when the first is out, so it costs a submission nothing but the machine's time, and only `AT_ONCE` run at a time.
"""

import asyncio
import random
from collections.abc import Hashable, Mapping
from dataclasses import dataclass

from configs.settings import Role, Settings
from pipeline.result import ScoreRequest, ScoreResult
from serve.agreement import compared
from serve.ensemble import Ensemble
from serve.errors import EngineError
from serve.handles import RayHandle, SharedArrays
from serve.live import Trial
from serve.loading import encoder_of
from serve.model_handles import ModelHandles
from serve.recorded import Answer, Recorded, listening
from serve.scorer import Handle, Scorer

AT_ONCE = 2
"""Second scores under way in one replica of the scorer."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One submission, scored twice."""

    stars: int
    candidate_stars: int
    shift: float
    """Mean over the three dimensions of the candidate's score less the ensemble's; 0 if the candidate failed."""
    agreement: float | None
    """Mean of the outputs for the same items; `None` if both found nothing, or the candidate failed."""
    seconds: float | None
    """Mean that an item took as the scorer saw it; `None` if the candidate failed."""
    candidate_seconds: float | None
    error: str | None = None
    """Why the candidate did not answer."""


class TrialRun:
    """The trial in one replica of the scorer."""

    def __init__(self, trial: Trial, settings: Settings, models: ModelHandles, shared: SharedArrays) -> None:
        self.trial = trial
        self.compared: list[Compared] = []
        self.running = 0
        self._tasks: set[asyncio.Task[None]] = set()
        model = models.of(trial.role, trial.application)
        self._handle = RayHandle(model, max_items=trial.model.batch.max_items, shared=shared)
        self._settings = settings.model_copy(update={"models": settings.models | {trial.role: trial.model}})

    def chooses(self) -> bool:
        """Whether the submission at hand is one of the share."""
        is_due = self.running < AT_ONCE and len(self.compared) + self.running < self.trial.submissions
        return is_due and random.random() < self.trial.share

    async def score(self, ensemble: Ensemble, request: ScoreRequest) -> ScoreResult:
        """The ensemble's score; the candidate's follows when this one has been answered."""
        self.running += 1
        ensemble.under_way += 1
        recorded = Recorded(ensemble.decode, ensemble.handles)
        try:
            scorer = await self._scorer(ensemble, recorded, recorded.handles(), ensemble.live.settings)
            result = await scorer.score(request)
        except BaseException:
            self._over(ensemble)
            raise
        if not recorded.answers[self.trial.role]:  # a gate had closed before, or the file has nothing for it
            self._over(ensemble)
            return result
        again = asyncio.get_running_loop().create_task(self._score_again(ensemble, recorded, request, result))
        self._tasks.add(again)
        again.add_done_callback(self._tasks.discard)
        return result

    async def _score_again(
        self, ensemble: Ensemble, recorded: Recorded, request: ScoreRequest, result: ScoreResult
    ) -> None:
        answers: dict[Hashable, Answer] = {}
        role = self.trial.role
        handles = {other: recorded.replayed(other) for other in ensemble.handles}
        handles[role] = listening(self._handle, answers)
        try:
            scorer = await self._scorer(ensemble, recorded, handles, self._settings)
            other = await scorer.score(request)
            self.compared.append(self._compare(result, other, recorded.answers[role], answers))
        except (EngineError, OSError) as error:
            stars = result.score.stars
            self.compared.append(Compared(stars, stars, 0.0, None, None, None, f"{type(error).__name__}: {error}"))
        finally:
            self._over(ensemble)

    async def _scorer(
        self, ensemble: Ensemble, recorded: Recorded, handles: Mapping[Role, Handle], settings: Settings
    ) -> Scorer:
        rubric = ensemble.live.rubric
        encoder = encoder_of(settings, rubric)
        return Scorer(recorded.decode, handles, await ensemble.identities(), rubric, encoder)

    def _compare(
        self,
        result: ScoreResult,
        other: ScoreResult,
        known: dict[Hashable, Answer],
        answers: dict[Hashable, Answer],
    ) -> Compared:
        both = [(known[key], answers[key]) for key in answers.keys() & known.keys()]
        agreed = [compared(self.trial.role, one.output, again.output) for one, again in both]
        return Compared(
            result.score.stars,
            other.score.stars,
            _mean_of_dimensions(other) - _mean_of_dimensions(result),
            _mean([each for each in agreed if each is not None]),
            _mean([one.seconds for one, _ in both]),
            _mean([again.seconds for _, again in both]),
        )

    def _over(self, ensemble: Ensemble) -> None:
        self.running -= 1
        ensemble.under_way -= 1


def _mean_of_dimensions(result: ScoreResult) -> float:
    return (result.score.relevance + result.score.quality + result.score.completeness) / 3


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
