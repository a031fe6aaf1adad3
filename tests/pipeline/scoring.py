"""Evidence as the models would give it, for the tests of scoring."""

from dataclasses import replace
from typing import Any

from configs.settings import CONFIGS
from models.outputs import AudioQuality
from pipeline.brief import JobBrief
from pipeline.evidence import Evidence, MatchEvidence
from pipeline.image_signals import ImageSignals
from pipeline.media import MediaFacts
from pipeline.rubric import load_rubric
from pipeline.score import Score, score

RUBRIC = load_rubric(CONFIGS / "rubric.yaml")
BRIEF = JobBrief(description="Take a clear photo of a cup of coffee.", content_type="image")
PHOTO = MediaFacts("image", "jpeg", 100_000, "0" * 64, width=1600, height=1200)
RECORDING = MediaFacts("audio", "wav", 100_000, "1" * 64, duration_seconds=5.0)
CLEAR = ImageSignals(
    blur_pixels=0.8,
    noise_level=0.5,
    mean_level=120.0,
    black_level=5.0,
    median_level=118.0,
    white_level=240.0,
    shadows_clipped=0.01,
    highlights_clipped=0.01,
)
CLEAN = AudioQuality(3.5, 4.0, 3.2, -20.0, 30.0, 0.9, 0.0)
GOOD_PHOTO = Evidence(facts=PHOTO, match=MatchEvidence(visual=8.0, looks_like=("espresso",)), image=CLEAR)
GOOD_SPEECH = Evidence(facts=RECORDING, audio=CLEAN, speech_seconds=4.0)


def graded(evidence: Evidence = GOOD_PHOTO, brief: JobBrief = BRIEF, **changes: Any) -> Score:
    return score(replace(evidence, **changes), brief, RUBRIC)
