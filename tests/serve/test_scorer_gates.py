"""What the scorer asks of the models behind a gate, and where the rubric has none."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.outputs import AudioQuality, Cohort, Concepts, Transcript
from pipeline.brief import JobBrief, Requirements
from pipeline.media import Decoded, DecodedAudio, MediaFacts
from pipeline.result import ScoreRequest
from serve.scorer import Scorer
from tests.pipeline.scoring import RUBRIC

pytestmark = pytest.mark.anyio

LONG = MediaFacts("audio", "wav", 100_000, "1" * 64, duration_seconds=3.0)
BRIEF = JobBrief(description="Record yourself.", requirements=Requirements(max_duration_seconds=1.0))


async def decoded(_source: Any) -> Decoded:
    return DecodedAudio(LONG, np.zeros(48_000, np.float32), clipping_ratio=0.0)


@pytest.mark.parametrize(("has_gate", "listens"), [(True, False), (False, True)])
async def test_a_recording_is_listened_to_where_the_rubric_has_no_gate(has_gate: bool, listens: bool) -> None:
    asked = []

    async def concepts(_text: Any) -> Concepts:
        return Concepts(np.array([1.0, 0.0], np.float32), Cohort(0.0, 0.1))

    async def speech(_samples: Any) -> Transcript:
        asked.append("speech")
        return Transcript((), None, 0.0, 0.0)

    async def audio_quality(_recording: Any) -> AudioQuality:
        asked.append("audio_quality")
        return AudioQuality(3.5, 4.0, 3.2, -20.0, 30.0, 0.9, 0.0)

    handles: Any = {"concepts": concepts, "speech": speech, "audio_quality": audio_quality}
    gates = {code: stars for code, stars in RUBRIC.gates.items() if has_gate or code != "requirements.max_duration"}
    scorer = Scorer(decoded, handles, {}, RUBRIC.model_copy(update={"gates": gates}), "conse")
    result = await scorer.score(ScoreRequest(Path("long.wav"), BRIEF))
    assert result.score.reasons[0] == "requirements.max_duration"
    assert result.score.stars <= 2
    assert sorted(asked) == (["audio_quality", "speech"] if listens else [])
