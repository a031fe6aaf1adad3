"""The known samples that a candidate has to answer before it gets any traffic."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from configs.settings import Role
from models.outputs import ItemError
from models.recording import Recording
from pipeline.media import Decoded, DecodedAudio, DecodedImage, DecodedVideo
from serve.agreement import compared, flaw
from serve.errors import EngineUnavailable

SENTENCE = "A photo of a person."
"""The concept encoder also has to embed sentences."""
REST = 2.0
"""Pause after a sample, as a multiple of what it took: the submissions that are under way come first."""

Samples = Mapping[Role, Sequence[Any]]
"""Items of each role."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A candidate beside what it would replace, on the same items."""

    role: Role
    items: int
    agreement: float | None
    """Mean over the items about which one of the two said something, from 0 to 1; `None` without such an item."""
    seconds: float
    """Mean of one item, asked alone."""
    candidate_seconds: float


def samples_of(media: Sequence[Decoded]) -> Samples:
    """What each role looks at in decoded files: up to three frames of a video."""
    views: list[Any] = []
    sounds: list[DecodedAudio] = []
    for each in media:
        match each:
            case DecodedImage():
                views.append(each.view)
            case DecodedVideo():
                views += [frame.view for frame in each.frames[:3]]
                sounds += [each.audio] if each.audio else []
            case DecodedAudio():
                sounds.append(each)
    return {
        "concepts": [*views, SENTENCE],
        "detector": views,
        "safety": views,
        "text": views,
        "speech": [sound.samples for sound in sounds],
        "audio_quality": [Recording(sound.samples, sound.clipping_ratio) for sound in sounds],
    }


async def ask_each(
    role: Role, model: Any, items: Sequence[Any], look: Callable[[Role, Any], None] = lambda role, answer: None
) -> tuple[Sequence[Any], float]:
    """A running model's answers, or what went wrong, and the mean seconds of one.

    Args:
        model: its Serve handle.
        look: gets each answer as it comes, and may raise.
    """
    answers, seconds = [], 0.0
    for item in items:
        answer, took = await _ask(role, model, item)
        look(role, answer)
        answers.append(answer)
        seconds += took
    return answers, seconds / max(1, len(items))


def check(role: Role, answer: Any) -> None:
    """Let pass what a working model could say.

    Raises:
        EngineUnavailable: it is an error, or cannot be true.
    """
    failed = isinstance(answer, BaseException | ItemError)
    wrong = str(answer) if failed else flaw(role, answer)
    if wrong:
        raise EngineUnavailable(f"{role}: the candidate failed on a known sample: {wrong}")


def judge(role: Role, known: Sequence[Any], answers: Sequence[Any], seconds: tuple[float, float]) -> Comparison:
    """Compare the candidate's answers with those of what serves, which may be missing or errors.

    Raises:
        EngineUnavailable: an answer of the candidate is an error, or cannot be true.
    """
    for answer in answers:
        check(role, answer)
    pairs = zip(known, answers, strict=False)
    agreed = [compared(role, *pair) for pair in pairs if not isinstance(pair[0], BaseException | ItemError)]
    said = [each for each in agreed if each is not None]
    return Comparison(role, len(answers), sum(said) / len(said) if said else None, *seconds)


async def _ask(role: Role, model: Any, item: Any) -> tuple[Any, float]:
    """The answer, or what went wrong, and the seconds it took."""
    started_seconds = time.perf_counter()
    try:
        (answer,) = await model.remote(item)
    except asyncio.CancelledError:
        raise
    except Exception as error:  # noqa: BLE001  Ray wraps whatever ended the call
        answer = EngineUnavailable(f"{role}: {error}")
    took = time.perf_counter() - started_seconds
    await asyncio.sleep(REST * took)
    return answer, took
