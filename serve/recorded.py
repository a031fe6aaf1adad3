"""What the models said about one submission, so that it can be scored again without asking all of them again."""

import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from configs.settings import Role
from models.concepts import ReadText
from models.recording import Recording
from pipeline.media import Decoded, MediaError
from serve.scorer import Decode, Handle


@dataclass(frozen=True, slots=True)
class Answer:
    """A model's answer to one item."""

    item: Any
    """Kept, so that its identity stays its own."""
    output: Any
    """Or the exception that it was answered with."""
    seconds: float
    """As the scorer saw it: waiting for a batch, its run, and the way there and back."""


class Recorded:
    """The file and the answers of one submission, while it is scored over `handles()`."""

    def __init__(self, decode: Decode, models: Mapping[Role, Handle]) -> None:
        self._decode = decode
        self._models = models
        self._media: Decoded | None = None
        self._refused: MediaError | None = None
        self.answers: dict[Role, dict[Hashable, Answer]] = {role: {} for role in models}

    async def decode(self, source: Path | str | bytes) -> Decoded:
        """Decodes once: what was uploaded to be scored is gone when its answer is out."""
        if self._refused is not None:
            raise self._refused
        if self._media is None:
            try:
                self._media = await self._decode(source)
            except MediaError as error:
                self._refused = error
                raise
        return self._media

    def handles(self) -> dict[Role, Handle]:
        """The models, listened to."""
        return {role: listening(model, self.answers[role]) for role, model in self._models.items()}

    def replayed(self, role: Role) -> Handle:
        """The recorded answers of a role; what it was not asked, it is asked now."""

        async def replay(item: Any) -> Any:
            answer = self.answers[role].get(key_of(item))
            if answer is None:
                return await self._models[role](item)
            if isinstance(answer.output, BaseException):
                raise answer.output
            return answer.output

        return replay


def listening(model: Handle, answers: dict[Hashable, Answer], clock: Callable[[], float] = time.perf_counter) -> Handle:
    """The model, with its answers written down."""

    async def listen(item: Any) -> Any:
        started_seconds = clock()
        try:
            output = await model(item)
        except Exception as error:
            answers[key_of(item)] = Answer(item, error, clock() - started_seconds)
            raise
        answers[key_of(item)] = Answer(item, output, clock() - started_seconds)
        return output

    return listen


def key_of(item: Any) -> Hashable:
    """The same for the same view, sound, sentence or text of one decoded file."""
    if isinstance(item, Recording):
        return "recording", id(item.samples)
    return item if isinstance(item, str | ReadText) else id(item)
