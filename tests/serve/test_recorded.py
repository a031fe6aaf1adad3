"""A submission's answers, kept while it is scored and given again."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.recording import Recording
from pipeline.media import CorruptMedia
from serve.errors import ModelItemError
from serve.recorded import Recorded

pytestmark = pytest.mark.anyio


class Models:
    """Answer with a count of their calls."""

    def __init__(self) -> None:
        self.calls = 0

    async def __call__(self, item: Any) -> int:
        self.calls += 1
        if isinstance(item, str) and item == "bad":
            raise ModelItemError("no")
        return self.calls


@pytest.fixture
def model() -> Models:
    return Models()


async def no_file(source: Path | str | bytes) -> Any:
    raise AssertionError("nothing is decoded here")


async def test_what_was_asked_is_answered_from_memory_and_the_rest_by_the_model(model: Models) -> None:
    recorded = Recorded(no_file, {"concepts": model})
    asked, view = recorded.handles()["concepts"], np.zeros((2, 2, 3), np.uint8)
    said = [await asked("a sentence"), await asked(view)]
    again = recorded.replayed("concepts")
    assert [await again("a sentence"), await again(view)] == said
    assert model.calls == 2
    assert await again(np.zeros((2, 2, 3), np.uint8)) == 3, "another view, although it looks the same"
    assert all(answer.seconds >= 0 for answer in recorded.answers["concepts"].values())


async def test_a_recording_is_known_by_its_samples(model: Models) -> None:
    recorded = Recorded(no_file, {"audio_quality": model})
    samples = np.zeros(10, np.float32)
    said = await recorded.handles()["audio_quality"](Recording(samples, 0.0))
    assert await recorded.replayed("audio_quality")(Recording(samples, 0.0)) == said


async def test_an_error_is_given_again(model: Models) -> None:
    recorded = Recorded(no_file, {"text": model})
    for ask in (recorded.handles()["text"], recorded.replayed("text")):
        with pytest.raises(ModelItemError, match="no"):
            await ask("bad")
    assert model.calls == 1


async def test_a_file_is_decoded_once() -> None:
    sources: list[Any] = []

    async def decode(source: Path | str | bytes) -> Any:
        sources.append(source)
        return "media"

    recorded = Recorded(decode, {})
    assert await recorded.decode(b"file") == await recorded.decode(b"file") == "media"
    assert sources == [b"file"]


async def test_a_file_that_is_refused_is_not_asked_for_again() -> None:
    asked: list[Any] = []

    async def refuse(source: Path | str | bytes) -> Any:
        asked.append(source)
        raise CorruptMedia("cut off")

    recorded = Recorded(refuse, {})
    for _ in range(2):
        with pytest.raises(CorruptMedia, match="cut off"):
            await recorded.decode("a file")
    assert asked == ["a file"]
