"""Whether a file shows what the job asks for.

A cosine between an item and the description means little by itself: some descriptions lie close to
everything. It is therefore normalised by a cohort, the cosines with arbitrary labels (z-norm and t-norm of
speaker verification: Auckenthaler et al. 2000), and a logistic curve fitted by `scripts/calibrate` turns the
standard score into a probability.

Clients say more than what they want to see, so that a description counts half as a whole and half by the part
that the item is most like (decision 0031).

A picture may also be what is asked for by a broader term: a beagle where a dog is wanted. But a dog is no cat for being
an animal, so a term counts for less where the description is more like another word than like this one (decision 0030).

And what is read may say what a picture is of: a page of dishes and prices is a menu, however it looks (decision 0032).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, PositiveFloat

from models.outputs import Concepts
from pipeline.description import Request, last_word
from pipeline.script import ScriptMatch

SAME_NAME = 0.99
"""Cosine from which a phrase is the very name of a label: "a tench"."""
NEVER = 2.0
"""More than any cosine: for an encoder that tells no kinds of texts."""


class Calibration(BaseModel):
    """Logistic curve of one encoder, P = 1 / (1 + exp(-slope (z - midpoint)))."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    cohort: Literal["description", "item"]
    """Whose cosines with the labels say what chance looks like."""
    midpoint: float
    """Standard score at which a match is as likely as not."""
    slope: PositiveFloat
    unfamiliar_below: float
    """`Wish.familiarity` under which a picture that is unlike a description says nothing (decision 0031); 0 for an
    encoder that knows more than its labels."""
    asked_kind: float = NEVER
    """`Wish.nearest_kind` from which a description asks for something to read (decision 0032)."""
    asked_page: float = NEVER
    """`Wish.nearest_wordy` from which a picture with hardly any words cannot be it."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a job's description asks for, in the embedding space."""

    whole: Concepts
    """All sentences that want something."""
    parts: tuple[Concepts, ...] = ()
    """Each of which may be all that a file shows."""
    subjects: tuple[Concepts, ...] = ()
    """What it is about, worded in several ways (`pipeline.description.Request`)."""

    named: tuple[tuple[Concepts, Concepts], ...] = ()
    """Each phrase for what it is about, with its last word."""
    is_about_people: bool = False
    """Whom no classifier of things tells apart from anything."""
    is_foreign: bool = False
    """In a language that the encoder never learned, where only a name that is the same in English says something."""

    @classmethod
    def of(cls, asked: Request, embedded: Mapping[str, Concepts]) -> "Wish":
        """From its texts, embedded."""
        parts, subjects = (tuple(embedded[text] for text in each) for each in (asked.parts, asked.subjects))
        named = tuple((embedded[phrase], embedded[last_word(phrase)]) for phrase in asked.named)
        return cls(embedded[asked.whole], parts, subjects, named, asked.is_about_people, asked.is_foreign)

    @property
    def phrases(self) -> tuple[Concepts, ...]:
        """What it names, without what else a sentence says of it: "coffee shop menus" with readable prices."""
        return tuple(phrase for phrase, _ in self.named)

    @property
    def familiarity(self) -> float:
        """How near the encoder's labels come to what is asked for: the largest cosine of a subject with any of them."""
        if self.is_about_people:
            return 0.0
        if self.is_foreign:
            return max((phrase.nearest for phrase in self.phrases if phrase.nearest >= SAME_NAME), default=0.0)
        return max((subject.nearest for subject in self.subjects), default=1.0)

    @property
    def nearest_kind(self) -> float:
        """How near it comes to something with writing on it, a receipt or a road sign: the best phrase with its last
        word, since "cards" alone are business cards rather than Pokémon's."""
        return max(((phrase.nearest_kind + last.nearest_kind) / 2 for phrase, last in self.named), default=0.0)

    @property
    def nearest_wordy(self) -> float:
        """How near all that is asked for comes to something that never has few words."""
        return min(((phrase.nearest_wordy + last.nearest_wordy) / 2 for phrase, last in self.named), default=0.0)


@dataclass(frozen=True, slots=True)
class PageMatch:
    """What a text may stand on, and whether that is asked for."""

    kind: str
    probability: float
    standard: float
    """Standard score of its name with the description."""


def wish_score(item: Concepts, wish: Wish, calibration: Calibration) -> float:
    """Standard score of the whole description, averaged with that of the part that the item is most like."""
    return _of_wish(wish, lambda description: standard_score(item, description, calibration))


def page_matches(read: Concepts | None, wish: Wish, calibration: Calibration) -> tuple[PageMatch, ...]:
    """The kinds that a text may be of, where one is asked for."""
    if read is None or wish.nearest_kind < calibration.asked_kind:
        return ()
    return tuple(
        PageMatch(kind.name, kind.probability, _of_wish(wish, partial(_name_score, kind.names), wish.phrases))
        for kind in read.kinds
        if len(kind.names)
    )


def standard_score(item: Concepts, description: Concepts, calibration: Calibration) -> float:
    """How many deviations above chance the cosine of the two embeddings lies, or of the best broader term."""
    chance = description.cohort if calibration.cohort == "description" else item.cohort
    cosine = float(item.embedding @ description.embedding)
    if len(item.broader):
        cosine = max(cosine, _nearer(item.broader, description, description.nearest))
    return (cosine - chance.mean) / max(chance.deviation, 1e-6)


def _of_wish(wish: Wish, score: Callable[[Concepts], float], more: Sequence[Concepts] = ()) -> float:
    whole = score(wish.whole)
    best = max((score(part) for part in (*wish.parts, *more)), default=whole)
    return (whole + best) / 2


def _name_score(names: NDArray[np.float32], description: Concepts) -> float:
    """As if an item were what has these names, shape (names, dimensions)."""
    nearest = max(description.nearest, description.nearest_kind)
    chance = description.cohort
    return (_nearer(names, description, nearest) - chance.mean) / max(chance.deviation, 1e-6)


def _nearer(names: NDArray[np.float32], description: Concepts, nearest: float) -> float:
    """Best cosine of any of the names, less by as much as the description is more like another word (`nearest`)."""
    cosine = float((names @ description.embedding).max())
    return cosine - max(0.0, nearest - cosine)


def match_probability(standard: float, calibration: Calibration) -> float:
    """Probability that the item is what the description asks for, 0–1."""
    exponent = -calibration.slope * (standard - calibration.midpoint)
    return 1.0 / (1.0 + math.exp(min(700.0, exponent)))


def page_probability(pages: Sequence[PageMatch], calibration: Calibration) -> float:
    """Probability that a text stands on what is asked for, 0–1."""
    return sum(page.probability * match_probability(page.standard, calibration) for page in pages)


def script_probability(match: ScriptMatch, midpoint: float, slope: float) -> float:
    """Probability that the recording reads its script: a logistic curve over the precision."""
    return 1.0 / (1.0 + math.exp(-slope * (match.precision - midpoint)))
