"""Files with the verdicts of people whose taste is known, for the tests of calibration."""

import math
from dataclasses import replace

import numpy as np

from pipeline.calibration_model import LabelledFile
from pipeline.evidence import Evidence, MatchEvidence
from pipeline.rubric import Rubric
from pipeline.score import score
from pipeline.script import ScriptMatch
from tests.pipeline.scoring import BRIEF, GOOD_PHOTO, GOOD_SPEECH, RUBRIC

READ_ALOUD = BRIEF.model_copy(update={"content_type": "audio"})


def photos(
    count: int,
    *,
    approved_above: float = 2.77,
    sharper_than: float = 2.05,
    hesitation: float = 0.3,
    min_star_rating: int = 3,
    seed: int = 0,
) -> list[LabelledFile]:
    """Photos of every relevance and sharpness.

    Args:
        count: of the files.
        approved_above: standard score from which the people find a photo relevant; 2.77 is the shipped rubric's.
        sharper_than: grade of quality from which they find it good enough; 2.05 is the shipped rubric's.
        hesitation: scale of the logistic noise of the first, in standard scores; 0 for people like machines.
        min_star_rating: of the job.
        seed: another one draws other photos.
    """
    random = np.random.default_rng(seed)
    found = []
    for number in range(count):
        standard, blur = random.uniform(-1, 8), random.uniform(0.5, 9)
        image = replace(GOOD_PHOTO.image, blur_pixels=float(blur))
        evidence = replace(GOOD_PHOTO, match=MatchEvidence(visual=float(standard)), image=image)
        quality = score(evidence, BRIEF, RUBRIC).quality
        relevant = standard + random.logistic(0, hesitation or 1e-9) > approved_above
        name = f"sub_{number:05}"
        found.append(LabelledFile(name, evidence, BRIEF, min_star_rating, bool(relevant and quality > sharper_than)))
    return found


def readings(count: int, *, approved_above: float, seed: int = 0) -> list[LabelledFile]:
    """Recordings of a script, read more or less well."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(count):
        precision = float(random.uniform(0, 1))
        evidence = replace(GOOD_SPEECH, match=MatchEvidence(script=ScriptMatch(precision, 1.0)))
        found.append(LabelledFile(f"sub_{number:05}", evidence, READ_ALOUD, 3, precision > approved_above))
    return found


def engine_verdicts(files: list[LabelledFile], rubric: Rubric = RUBRIC) -> list[LabelledFile]:
    """The same files with the rubric's own decisions for labels."""
    return [
        replace(file, approved=score(file.evidence, file.brief, rubric).stars >= file.min_star_rating) for file in files
    ]


def threshold(rubric: Rubric, min_star_rating: int = 3) -> float:
    """Standard score from which the rubric approves a photo that is flawless otherwise."""
    share = (min_star_rating - 0.5 - rubric.stars.headroom["relevance"] - 1) / 4
    curve = rubric.relevance["conse"]
    return curve.midpoint + math.log(share / (1 - share)) / curve.slope


def quality_threshold(rubric: Rubric, min_star_rating: int = 3) -> float:
    """Grade of quality from which the rubric approves a file that is flawless otherwise."""
    return min_star_rating - 0.5 - rubric.stars.headroom["quality"]


def without_witness(evidence: Evidence) -> Evidence:
    """As if no model had compared it with the description."""
    return replace(evidence, match=MatchEvidence())
