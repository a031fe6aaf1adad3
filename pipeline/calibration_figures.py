"""How well a rubric agrees with people: counts, errors and the bins of a reliability diagram."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.calibration_model import LabelledFile, Values

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Files whose predicted probability of approval lies in one tenth."""

    predicted: float
    """Mean of the predictions, 0–1."""
    approved: float
    """Share that people approved, 0–1."""
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """A rubric against the verdicts of people."""

    files: int
    approval_rate: float
    """Share that the rubric approves."""
    agreement: float
    """Share on which the rubric and the person decide alike."""
    false_approvals: int
    """Approved by the rubric, rejected by the person."""
    false_rejections: int
    star_error: float | None
    """Mean absolute difference of the stars, where the person gave some."""
    log_loss: float
    """Of the predicted probabilities of approval, in nats; like what follows, of the files that say something."""
    brier: float
    calibration_error: float
    """Expected calibration error over ten bins (Guo et al. 2017)."""
    bins: tuple[Bin, ...]


def figures(files: Sequence[LabelledFile], stars: Sequence[int], predicted: Values, approved: Values) -> Figures:
    """
    Args:
        files: all with a verdict.
        stars: what the rubric gives each of them, 1–5.
        predicted: probability of approval of those that say something about the curves.
        approved: their verdicts, 0 or 1.
    """
    passed = [given >= file.min_star_rating for file, given in zip(files, stars, strict=True)]
    false_approvals = sum(yes and not file.approved for file, yes in zip(files, passed, strict=True))
    false_rejections = sum(file.approved and not yes for file, yes in zip(files, passed, strict=True))
    errors = [abs(file.stars - given) for file, given in zip(files, stars, strict=True) if file.stars is not None]
    clipped = np.clip(predicted, 1e-12, 1 - 1e-12)
    diagram = bins(predicted, approved)
    return Figures(
        files=len(files),
        approval_rate=sum(passed) / len(files),
        agreement=1 - (false_approvals + false_rejections) / len(files),
        false_approvals=false_approvals,
        false_rejections=false_rejections,
        star_error=sum(errors) / len(errors) if errors else None,
        log_loss=float(-np.where(approved > 0, np.log(clipped), np.log(1 - clipped)).mean()),
        brier=float(((predicted - approved) ** 2).mean()),
        calibration_error=sum(abs(one.predicted - one.approved) * one.count for one in diagram) / len(approved),
        bins=diagram,
    )


def bins(predicted: Values, approved: Values) -> tuple[Bin, ...]:
    """Ten bins of equal width; those that are empty are left out."""
    place = np.minimum((predicted * BINS).astype(int), BINS - 1)
    members = [place == index for index in range(BINS)]
    return tuple(
        Bin(float(predicted[chosen].mean()), float(approved[chosen].mean()), int(chosen.sum()))
        for chosen in members
        if chosen.any()
    )


def sign_test(won: int, lost: int) -> float:
    """Probability of at least `won` wins among the files on which two rubrics differ, were they equally good.

    One-sided exact test of McNemar (1947).
    """
    differing = won + lost
    at_least = sum(math.comb(differing, wins) for wins in range(won, differing + 1))
    return float(at_least / 2**differing)
