"""The whole ensemble in one plain process: the same models and scorer, without queues, Ray or child processes."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from configs.settings import Role, Settings, load_settings
from models.model import Model
from models.outputs import ItemError
from pipeline import english
from pipeline.decode import decode
from pipeline.media import Decoded
from pipeline.result import ScoreRequest, ScoreResult
from serve.errors import ModelItemError
from serve.loading import load_model, load_scoring
from serve.scorer import Scorer


class PlainEnsemble:
    """`score` takes one file after the other, or several at a time, whose items then share the models' batches."""

    def __init__(self, settings: Settings | None = None) -> None:
        self._settings = settings or load_settings("embedded")
        english.identifier()
        rubric, encoder = load_scoring(self._settings)
        models: dict[Role, Model[Any, Any]] = {role: load_model(role, self._settings) for role in self._settings.models}
        handles = {
            role: _Together(model, self._settings.models[role].batch.max_items) for role, model in models.items()
        }
        identities = {role: model.identity for role, model in models.items()}
        self._scorer = Scorer(self._decode, handles, identities, rubric, encoder)

    async def score(self, requests: Sequence[ScoreRequest]) -> list[ScoreResult]:
        """One result for each request, in order."""
        return list(await asyncio.gather(*(self._scorer.score(request) for request in requests)))

    async def _decode(self, source: Path | str | bytes) -> Decoded:
        assert not isinstance(source, str), "URLs are for the object store"
        return decode(source, self._settings.decode)


class _Together:
    """A model called at once with what was asked for in one turn of the event loop."""

    def __init__(self, model: Model[Any, Any], max_items: int) -> None:
        self._model = model
        self._max_items = max_items
        self._waiting: list[tuple[Any, asyncio.Future[Any]]] = []

    async def __call__(self, item: Any) -> Any:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((item, answer))
        if len(self._waiting) == 1:
            loop.call_soon(self._run)
        return await answer

    def _run(self) -> None:
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), self._max_items):
            asked = waiting[start : start + self._max_items]
            for (_, answer), output in zip(asked, self._model.run([item for item, _ in asked]), strict=True):
                if isinstance(output, ItemError):
                    answer.set_exception(ModelItemError(output.message))
                else:
                    answer.set_result(output)
