"""The engine as its callers see it: over Ray, or in this process."""

import asyncio
import locale
from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from configs.settings import BatchSettings, Role, Settings
from models.model import Model
from models.outputs import ModelIdentity
from pipeline import english
from pipeline.result import ScoreRequest, ScoreResult
from pipeline.rubric import Rubric
from serve.batch_changes import with_batches
from serve.batching import Batcher, BatchStats
from serve.decoding import AsyncDecoder
from serve.errors import EngineUnavailable
from serve.loading import load_model, load_scoring
from serve.progress import Progress, silent
from serve.scorer import Scorer

CONTROLLER_SECONDS = 4.0
"""In which Serve's controller tells what is in force. Each wait has a thread, of which a process has a handful."""
STATS_SECONDS = 3.0
"""In which a replica tells its counters: one that stands still keeps nobody from those of the others."""


class Engine(Protocol):
    """Scores files. Start it, score as many at once as you like, close it."""

    async def start(self, on_progress: Progress = silent) -> None:
        """Load all models. `on_progress` gets a line for each step.

        Raises:
            Exception: what keeps a model from loading, for example `WeightsMissing`.
        """

    async def score(self, request: ScoreRequest) -> ScoreResult:
        """Score one file. A bad file is a result that says so.

        Raises:
            EngineError: the engine is at fault, not the file.
            OSError: the file cannot be read, for example because it is not there.
        """

    async def embed(self, sentence: str) -> NDArray[np.float32]:
        """A sentence in the space of `ScoreResult.embeddings`; unit length, shape (dimensions,).

        Raises:
            EngineError: the concept encoder does not answer.
        """

    async def reconfigure(self, batches: Mapping[Role, BatchSettings]) -> None:
        """Change how batches form while requests are under way; no model is loaded again.

        Raises:
            ValueError: the profile has no such role, or `max_ongoing_requests` is below what the batches need.
            EngineError: the engine does not take the change.
        """

    async def profile(self) -> str:
        """Name of the profile in force now, by whoever it was changed.

        Raises:
            EngineError: the engine does not run.
        """

    async def batches(self) -> Mapping[Role, BatchSettings]:
        """How batches form now, by whoever it was changed.

        Raises:
            EngineError: the engine does not run.
        """

    async def max_ongoing_requests(self) -> Mapping[Role, int]:
        """How many requests each replica is handed at once now, by whoever it was changed.

        Raises:
            EngineError: the engine does not run.
        """

    async def rubric(self) -> Rubric:
        """What new files are scored under now, by whoever it was changed.

        Raises:
            EngineError: the engine does not run.
        """

    async def identities(self) -> Mapping[Role, ModelIdentity]:
        """Which model answers for each role.

        Raises:
            EngineError: one of them does not answer.
        """

    async def stats(self) -> Mapping[Role, list[BatchStats]]:
        """Counters of the queue of every replica; none for a role of which not all replicas answer.

        Raises:
            EngineError: the engine does not run.
        """

    async def close(self) -> None:
        """Stop. Requests that are under way fail."""


class InProcessEngine:
    """Everything in this process, with the same scorer and the same queues as over Ray."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._models: dict[Role, Model[Any, Any]] = {}
        self._batchers: dict[Role, Batcher[Any, Any]] = {}
        self._decoder: AsyncDecoder | None = None
        self._scorer: Scorer | None = None
        self._rubric: Rubric | None = None

    async def start(self, on_progress: Progress = silent) -> None:
        """Load the models side by side; half of the time is spent waiting for the disk or one core."""
        self._rubric, encoder = load_scoring(self._settings)
        self._say_what_is_missing(on_progress)
        # OpenVINO sets the C locale while it reads a network, and back; threads that do it together can leave it set.
        kept = locale.setlocale(locale.LC_ALL)
        loads = [self._load(role, on_progress) for role in self._settings.models]
        await asyncio.gather(asyncio.to_thread(english.identifier), *loads)
        locale.setlocale(locale.LC_ALL, kept)
        self._decoder = AsyncDecoder(self._settings)
        self._scorer = Scorer(self._decoder, self._batchers, await self.identities(), self._rubric, encoder)

    async def score(self, request: ScoreRequest) -> ScoreResult:
        if self._scorer is None:
            raise EngineUnavailable("the engine is not started")
        return await self._scorer.score(request)

    async def embed(self, sentence: str) -> NDArray[np.float32]:
        if self._scorer is None:
            raise EngineUnavailable("the engine is not started")
        return await self._scorer.embed(sentence)

    async def reconfigure(self, batches: Mapping[Role, BatchSettings]) -> None:
        self._settings = with_batches(self._settings, batches)
        for role, batch in batches.items():
            self._batchers[role].reconfigure(batch)

    async def profile(self) -> str:
        return self._settings.profile

    async def batches(self) -> Mapping[Role, BatchSettings]:
        return {role: model.batch for role, model in self._settings.models.items()}

    async def max_ongoing_requests(self) -> Mapping[Role, int]:
        return {role: model.replicas.max_ongoing_requests for role, model in self._settings.models.items()}

    async def rubric(self) -> Rubric:
        if self._rubric is None:
            raise EngineUnavailable("the engine is not started")
        return self._rubric

    async def identities(self) -> Mapping[Role, ModelIdentity]:
        return {role: model.identity for role, model in self._models.items()}

    async def stats(self) -> Mapping[Role, list[BatchStats]]:
        return {role: [batcher.stats] for role, batcher in self._batchers.items()}

    async def close(self) -> None:
        for batcher in self._batchers.values():
            batcher.close()
        if self._decoder is not None:
            await asyncio.to_thread(self._decoder.close)
        self._scorer = None

    async def _load(self, role: Role, on_progress: Progress) -> None:
        model = await asyncio.to_thread(load_model, role, self._settings)
        self._models[role] = model
        self._batchers[role] = Batcher(model, self._settings.models[role].batch)
        self._say_what_is_missing(on_progress)

    def _say_what_is_missing(self, on_progress: Progress) -> None:
        missing = sorted(set(self._settings.models) - set(self._models))
        on_progress(f"loading {', '.join(missing)}" if missing else "ready")


class RayEngine:
    """Every model in replicas of Ray Serve; a local Ray is started unless `RAY_ADDRESS` names a cluster."""

    def __init__(self, settings: Settings, *, http: bool = False) -> None:
        """
        Args:
            settings: of the profile.
            http: start Serve's HTTP proxy too, for the front end.
        """
        self._settings = settings
        self._http = http
        self._scorer: Any = None
        self._sentences: Any = None
        self._handles: dict[str, Any] = {}
        self._identities: dict[str, ModelIdentity] = {}

    async def start(self, on_progress: Progress = silent) -> None:
        # Imported here: Ray takes seconds and 100 MB, which the in-process engine does without.
        from serve.app import start

        load_scoring(self._settings)  # what is wrong with it is said before minutes of loading, not after
        self._connect(await asyncio.to_thread(start, self._settings, on_progress, http=self._http))

    def join(self) -> None:
        """Use the application that another process of this Ray runs, instead of starting it."""
        from serve.app import scorer_handle

        self._connect(scorer_handle())

    async def score(self, request: ScoreRequest) -> ScoreResult:
        if self._scorer is None:
            raise EngineUnavailable("the engine is not started")
        result: ScoreResult = await self._scorer(request)
        return result

    async def embed(self, sentence: str) -> NDArray[np.float32]:
        if self._sentences is None:
            raise EngineUnavailable("the engine is not started")
        embedded: NDArray[np.float32] = await self._sentences(sentence)
        return embedded

    async def reconfigure(self, batches: Mapping[Role, BatchSettings]) -> None:
        from serve.changes import change_batches

        await change_batches(batches)

    async def profile(self) -> str:
        from serve.live import current

        live = await asyncio.to_thread(current, CONTROLLER_SECONDS)
        return live.settings.profile

    async def batches(self) -> Mapping[Role, BatchSettings]:
        from serve.live import current

        live = await asyncio.to_thread(current, CONTROLLER_SECONDS)
        return {role: model.batch for role, model in live.settings.models.items()}

    async def max_ongoing_requests(self) -> Mapping[Role, int]:
        from serve.live import current

        live = await asyncio.to_thread(current, CONTROLLER_SECONDS)
        return {role: model.replicas.max_ongoing_requests for role, model in live.settings.models.items()}

    async def rubric(self) -> Rubric:
        from serve.live import current

        live = await asyncio.to_thread(current, CONTROLLER_SECONDS)
        return live.rubric

    async def identities(self) -> Mapping[Role, ModelIdentity]:
        asked = {role: self._identity(name, model) for role, (name, model) in (await self._models()).items()}
        return dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))

    async def stats(self) -> Mapping[Role, list[BatchStats]]:
        asked = {role: self._stats(model) for role, (_, model) in (await self._models()).items()}
        return dict(zip(asked, await asyncio.gather(*asked.values()), strict=True))

    async def close(self) -> None:
        from serve.app import stop

        self._scorer = None
        await asyncio.to_thread(stop)

    async def _models(self) -> Mapping[Role, tuple[str, Any]]:
        """Name and handle of the application that answers for each role now."""
        from serve.app import model_handle
        from serve.live import current

        live = await asyncio.to_thread(current, CONTROLLER_SECONDS)
        for role, name in live.applications.items():
            if name not in self._handles:  # each one made keeps a subscription at the controller
                self._handles[name] = model_handle(role, name)
        return {role: (name, self._handles[name]) for role, name in live.applications.items()}

    async def _identity(self, application: str, model: Any) -> ModelIdentity:
        """Asked once: an application never changes its weights."""
        from ray.exceptions import RayError
        from ray.serve.exceptions import RayServeException

        if application not in self._identities:
            try:
                self._identities[application] = await model.identity.remote()
            except (RayError, RayServeException) as error:
                raise EngineUnavailable(f"{application} does not answer: {error}") from error
        return self._identities[application]

    async def _stats(self, model: Any) -> list[BatchStats]:
        from ray.exceptions import RayError
        from ray.serve.exceptions import RayServeException

        try:
            async with asyncio.timeout(STATS_SECONDS):
                told: list[BatchStats] = await model.broadcast("stats").results_async()
        except (TimeoutError, RayError, RayServeException):  # one stands still, or died and is not replaced yet
            return []
        return told

    def _connect(self, scorer: Any) -> None:
        from serve.handles import RayHandle

        self._scorer = RayHandle(scorer, by_message=(ScoreRequest,))
        self._sentences = RayHandle(scorer.embed)
