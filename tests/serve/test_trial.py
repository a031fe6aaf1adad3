"""Which submissions a candidate is compared on."""

import asyncio
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from configs.settings import Role, load_settings
from models.outputs import AudioQuality, Cohort, Concepts, Transcript
from pipeline.brief import JobBrief
from pipeline.media import Decoded, DecodedAudio, MediaFacts
from pipeline.result import ScoreRequest
from pipeline.rubric import load_rubric
from serve import trial
from serve.handles import SharedArrays
from serve.live import Trial
from serve.trial import TrialRun

pytestmark = pytest.mark.anyio

RECORDING = MediaFacts("audio", "wav", 100_000, "1" * 64, duration_seconds=3.0)
REQUEST = ScoreRequest(b"", JobBrief(description="Record yourself.", content_type="audio"))


async def decoded(_source: Any) -> Decoded:
    return DecodedAudio(RECORDING, np.ones(48_000, np.float32), clipping_ratio=0.0)


async def concepts(_text: Any) -> Concepts:
    return Concepts(np.array([1.0, 0.0], np.float32), Cohort(0.0, 0.1))


async def speech(_recording: Any) -> Transcript:
    return Transcript((), None, 0.0, 0.0)


async def audio_quality(_recording: Any) -> AudioQuality:
    return AudioQuality(3.5, 4.0, 3.2, -20.0, 30.0, 0.9, 0.0)


async def detector(_picture: Any) -> Any:
    raise AssertionError("a recording has no picture")


async def identities() -> dict[Role, Any]:
    return {}


@pytest.mark.parametrize(("role", "comparisons"), [("speech", 1), ("detector", 0)])
async def test_a_file_counts_where_it_asked_the_role(
    role: Role, comparisons: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    handles: dict[Role, Any] = {
        "concepts": concepts,
        "speech": speech,
        "audio_quality": audio_quality,
        "detector": detector,
    }
    settings = load_settings("embedded")
    live = SimpleNamespace(settings=settings, rubric=load_rubric(settings.rubric))
    ensemble: Any = SimpleNamespace(decode=decoded, handles=handles, live=live, identities=identities, under_way=0)
    monkeypatch.setattr(trial, "RayHandle", lambda model, **_options: model)
    models: Any = SimpleNamespace(of=lambda role, _application: handles[role])
    asked = Trial(role=role, model=settings.models[role], application="candidate", share=1.0, submissions=2)
    run = TrialRun(asked, settings, models, SharedArrays())

    for _ in range(2):
        assert run.chooses()
        await run.score(ensemble, REQUEST)
        async with asyncio.timeout(5):
            while run.running:
                await asyncio.sleep(0)
    assert len(run.compared) == 2 * comparisons
    assert run.chooses() == (comparisons == 0), "those that say nothing of the role are not counted"
    assert ensemble.under_way == 0
