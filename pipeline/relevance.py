"""Whether a file shows what the job asks for.

A cosine between an item and the description means little by itself: some descriptions lie close to
everything. It is therefore normalised by a cohort, the cosines with arbitrary labels (z-norm and t-norm of
speaker verification: Auckenthaler et al. 2000), and a logistic curve fitted by `scripts/calibrate` turns the
standard score into a probability.

Clients say more than what they want to see, so that a description counts half as a whole and half by the part
that the item is most like (decision 0031).

A picture may also be what is asked for by a broader term: a beagle where a dog is wanted. But a dog is no cat for being
an animal, so a term counts for less where the description is more like another word than like this one (decision 0030).
"""

import math
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict

from models.outputs import Concepts
from pipeline.script import ScriptMatch


class Calibration(BaseModel):
    """Logistic curve of one encoder, P = 1 / (1 + exp(-slope (z - midpoint)))."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cohort: Literal["description", "item"]
    """Whose cosines with the labels say what chance looks like."""
    midpoint: float
    """Standard score at which a match is as likely as not."""
    slope: float
    unfamiliar_below: float
    """`Wish.familiarity` under which a picture that is unlike a description says nothing (decision 0031); 0 for an
    encoder that knows more than its labels."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a job's description asks for, in the embedding space."""

    whole: Concepts
    """All sentences that want something."""
    parts: tuple[Concepts, ...] = ()
    """Each of which may be all that a file shows."""
    subjects: tuple[Concepts, ...] = ()
    """What it is about, worded in several ways (`pipeline.description.Request`)."""

    @property
    def familiarity(self) -> float:
        """How near the encoder's labels come to what is asked for: the largest cosine of a subject with any of them."""
        return max((subject.nearest for subject in self.subjects), default=1.0)


def wish_score(item: Concepts, wish: Wish, calibration: Calibration) -> float:
    """Standard score of the whole description, averaged with that of the part that the item is most like."""
    whole = standard_score(item, wish.whole, calibration)
    best = max((standard_score(item, part, calibration) for part in wish.parts), default=whole)
    return (whole + best) / 2


def standard_score(item: Concepts, description: Concepts, calibration: Calibration) -> float:
    """How many deviations above chance the cosine of the two embeddings lies, or of the best broader term."""
    chance = description.cohort if calibration.cohort == "description" else item.cohort
    cosine = float(item.embedding @ description.embedding)
    if len(item.broader):
        broader = float((item.broader @ description.embedding).max())
        cosine = max(cosine, broader - max(0.0, description.nearest - broader))
    return (cosine - chance.mean) / max(chance.deviation, 1e-6)


def match_probability(standard: float, calibration: Calibration) -> float:
    """Probability that the item is what the description asks for, 0–1."""
    exponent = -calibration.slope * (standard - calibration.midpoint)
    return 1.0 / (1.0 + math.exp(min(700.0, exponent)))


def script_probability(match: ScriptMatch, midpoint: float, slope: float) -> float:
    """Probability that the recording reads its script: a logistic curve over the precision."""
    return 1.0 / (1.0 + math.exp(-slope * (match.precision - midpoint)))
