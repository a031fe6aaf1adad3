"""Refitting the rubric to the verdicts of people, where they show that it should be: pure functions.

Every number that is told about the refitted rubric is cross-validated: each file is judged by a fit that has not seen
its label. The rubric moves only when the held-out decisions are better by more than chance.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pipeline.calibration_figures import Figures, figures, sign_test
from pipeline.calibration_model import (
    Case,
    LabelledFile,
    Parameters,
    case_of,
    fit,
    parameters_of,
    predict,
    with_parameters,
)
from pipeline.rubric import Rubric
from pipeline.score import score

MIN_LABELS = 40
"""Under these the 95% interval of an agreement of 80% is wider than ±12 points: nothing could be shown."""
MIN_EACH = 10
"""Of approvals and of rejections: two of each in every fold."""
FOLDS = 5
SIGNIFICANCE = 0.05
REFITTED = "refitted"
"""Version of a rubric that is not stored yet."""

Verdict = Literal["better", "no_better", "too_few", "one_sided"]


@dataclass(frozen=True, slots=True)
class Judged:
    """One file under the rubric as it is, and under a fit that has not seen its label."""

    file: LabelledFile
    before: int
    """Stars, 1–5."""
    after: int


@dataclass(frozen=True, slots=True)
class Refit:
    """What the labels say about a rubric."""

    verdict: Verdict
    reason: str
    """The verdict in a sentence, with its numbers."""
    parent: Rubric
    encoder: str
    labels: int
    """Files with evidence of the encoder and a verdict."""
    approvals: int
    """Of those that say something about the curves, like `rejections`."""
    rejections: int
    rubric: Rubric | None = None
    """Refitted to all labels; `None` when there were not enough of them."""
    before: Figures | None = None
    after: Figures | None = None
    """Cross-validated."""
    judged: tuple[Judged, ...] = ()


def refit(files: Sequence[LabelledFile], parent: Rubric) -> Refit:
    """Fit the curves to the labels, and judge the fit on files that it has not seen."""
    encoder = _commonest_encoder(files, parent)
    files = [file for file in files if file.evidence.encoder == encoder]
    cases = [case_of(file, parent) for file in files]
    told = [case for case in cases if case is not None]
    approvals = sum(case.approved for case in told)
    rejections = len(told) - approvals
    refusal = _refusal(len(told), approvals)
    if refusal is not None:
        verdict, reason = refusal
        return Refit(verdict, reason, parent, encoder, len(files), approvals, rejections)
    start = parameters_of(parent, encoder)
    judged, before, after = _cross_validate(files, cases, parent, encoder, start)
    found = with_parameters(parent, encoder, fit(told, start), REFITTED)
    verdict, reason = _compare(judged)
    counts = len(files), approvals, rejections
    return Refit(verdict, reason, parent, encoder, *counts, rubric=found, before=before, after=after, judged=judged)


def _commonest_encoder(files: Sequence[LabelledFile], parent: Rubric) -> str:
    """Curves belong to an encoder; labels of another one, from before a change of weights, say nothing about it."""
    seen = Counter(file.evidence.encoder for file in files if file.evidence.encoder in parent.relevance)
    return seen.most_common(1)[0][0] if seen else next(iter(parent.relevance))


def _refusal(told: int, approvals: int) -> tuple[Verdict, str] | None:
    if told < MIN_LABELS:
        return "too_few", f"{told} labels say something about the curves; {MIN_LABELS} are needed"
    fewer = min(approvals, told - approvals)
    if fewer < MIN_EACH:
        kind = "approvals" if approvals == fewer else "rejections"
        return "one_sided", f"there are {fewer} {kind} among {told} labels; {MIN_EACH} of each are needed"
    return None


def _cross_validate(
    files: Sequence[LabelledFile], cases: Sequence[Case | None], parent: Rubric, encoder: str, start: Parameters
) -> tuple[tuple[Judged, ...], Figures, Figures]:
    folds = _folds(files)
    stars, predicted = [0] * len(files), [0.0] * len(files)
    for fold in range(FOLDS):
        held = [index for index, of in enumerate(folds) if of == fold]
        learned = fit([case for case, of in zip(cases, folds, strict=True) if case and of != fold], start)
        rubric = with_parameters(parent, encoder, learned, REFITTED)
        for index in held:
            stars[index] = score(files[index].evidence, files[index].brief, rubric).stars
        asked = {index: case for index in held if (case := cases[index])}
        for index, probability in zip(asked, predict([*asked.values()], learned), strict=True):
            predicted[index] = float(probability)
    first = [score(file.evidence, file.brief, parent).stars for file in files]
    told = [case for case in cases if case is not None]
    unseen = [probability for probability, case in zip(predicted, cases, strict=True) if case is not None]
    approved = np.array([float(case.approved) for case in told])
    before = figures(files, first, predict(told, start), approved)
    after = figures(files, stars, np.array(unseen), approved)
    judged = tuple(Judged(file, old, new) for file, old, new in zip(files, first, stars, strict=True))
    return judged, before, after


def _folds(files: Sequence[LabelledFile]) -> list[int]:
    """Number of each file's fold; approvals and rejections are dealt out evenly, by name."""
    order = sorted(range(len(files)), key=lambda index: (files[index].approved, files[index].name))
    place = {index: place for place, index in enumerate(order)}
    return [place[index] % FOLDS for index in range(len(files))]


def _compare(judged: Sequence[Judged]) -> tuple[Verdict, str]:
    """Count the files on which exactly one of the two rubrics agrees with the person."""
    won = sum(_agrees(one.file, one.after) and not _agrees(one.file, one.before) for one in judged)
    lost = sum(_agrees(one.file, one.before) and not _agrees(one.file, one.after) for one in judged)
    chance = sign_test(won, lost)
    told = f"on held-out files it corrects {won} decisions and spoils {lost} (p = {chance:.2g})"
    return ("better", told) if chance < SIGNIFICANCE else ("no_better", told)


def _agrees(file: LabelledFile, stars: int) -> bool:
    return (stars >= file.min_star_rating) == file.approved
