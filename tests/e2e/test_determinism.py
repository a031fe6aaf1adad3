"""The same file scores the same, alone or beside others. Numbers may differ by 0.001, the last digit that is shown."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import skimage
import soundfile

from configs.settings import load_settings
from pipeline.brief import JobBrief
from pipeline.result import ScoreRequest
from serve.client import InProcessEngine
from tests.models.espeak import INSTALLED, say

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

PHOTOS = Path(skimage.__file__).parent / "data"
TOLERANCE = 0.001


@pytest.fixture
def requests(tmp_path: Path) -> list[ScoreRequest]:
    photos = [PHOTOS / name for name in ("chelsea.png", "coffee.png", "page.png", "astronaut.png", "rocket.jpg")]
    sounds = [tmp_path / f"{index}.wav" for index in range(3)] if INSTALLED else []
    for path, text in zip(
        sounds, ("The weather in Berlin is cold.", "My brother plays.", "One two three."), strict=False
    ):
        soundfile.write(path, say(text), 16_000)
    return [ScoreRequest(path, JobBrief(description="A photo of a cat, or a voice.")) for path in (*photos, *sounds)]


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list | tuple):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            yield from leaves(inner, f"{path}/{key}")
    else:
        yield path, value


async def test_a_file_scores_alone_as_it_does_beside_others(requests: list[ScoreRequest]) -> None:
    engine = InProcessEngine(load_settings("embedded"))
    await engine.start()
    alone = [(await engine.score(request)).to_json() for request in requests]
    beside = [result.to_json() for result in await asyncio.gather(*(engine.score(request) for request in requests))]
    await engine.close()
    for one, other in zip(alone, beside, strict=True):
        expected = dict(leaves(one))
        assert dict(leaves(other)) == {path: pytest.approx(value, abs=TOLERANCE) for path, value in expected.items()}
