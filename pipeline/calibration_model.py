"""How likely a person is to approve a file, given what the rubric makes of its evidence: the model that is fitted.

The rubric approves when relevance *and* quality reach what the job's minimum of stars demands. A person is taken to
do the same with some noise, so the probability is a product of two logistic curves (a noisy AND):

    P(approve) = sigma(slope (z - midpoint) - logit p) * sigma(sharpness (quality + headroom - demanded))

z is the standard score of the best witness (or the precision of a script), and p the probability of a match that the
minimum demands of this file. Where the first curve crosses one half, the refitted rubric changes its mind too. The
curves rise in z and in quality whatever the labels say. Each parameter has a normal prior around the rubric it starts
from, so that few labels move it little (Platt 1999 with the regularisation of Gelman et al. 2008).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.brief import JobBrief
from pipeline.evidence import Evidence, MatchEvidence
from pipeline.relevance import Calibration, match_probability, page_probability, script_probability
from pipeline.rubric import Rubric
from pipeline.score import BEST, WORST, Score, score

SHARPNESS = 4.0
"""Of a person's judgement of quality, per star, before any labels: from 12% to 88% within one star."""
PRIOR_DEVIATIONS = (1.0, 0.5, 0.15, 0.5, 0.5)
"""Of midpoint, log slope, script midpoint, quality headroom and log sharpness: how far off a rubric may be."""
HEADROOMS = (-0.4, 2.0)
"""Below -0.5 a flawless file could not have five stars; above 2 quality would hardly count."""
PROBABILITIES = (0.02, 0.98)
DIGITS = 4

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class LabelledFile:
    """A scored file with the verdict of a person."""

    name: str
    """Of its submission."""
    evidence: Evidence
    brief: JobBrief
    min_star_rating: int
    """Of its job, 1–5."""
    approved: bool
    stars: int | None = None
    """1–5, where the person gave them."""


@dataclass(frozen=True, slots=True)
class Case:
    """What one label says about the curves."""

    witness: float
    """Standard score of the best witness, or precision of the script."""
    script_slope: float | None
    """Of the rubric's curve over the precision; `None` where there is no script. It says how words are counted rather
    than what people like, so it is not fitted."""
    judged: bool
    """Whether relevance depends on the witness; speech without a script has a floor that no curve lowers."""
    demanded: float
    """Logit of the probability of a match that the job's minimum demands of this file."""
    quality_margin: float
    """Grade of quality less what the minimum demands, in stars, before the headroom."""
    approved: bool


@dataclass(frozen=True, slots=True)
class Parameters:
    """What is fitted."""

    midpoint: float
    slope: float
    script_midpoint: float
    headroom: float
    """`stars.headroom.quality`."""
    sharpness: float = SHARPNESS
    """Not part of the rubric."""

    def vector(self) -> Values:
        """With what must stay positive as its logarithm."""
        positive = math.log(self.slope), math.log(self.sharpness)
        return np.array([self.midpoint, positive[0], self.script_midpoint, self.headroom, positive[1]])


def parameters_of(rubric: Rubric, encoder: str) -> Parameters:
    """Those that a rubric has."""
    curve = rubric.relevance[encoder]
    return Parameters(curve.midpoint, curve.slope, rubric.script.midpoint, rubric.stars.headroom["quality"])


def with_parameters(rubric: Rubric, encoder: str, found: Parameters, version: str) -> Rubric:
    """A rubric that differs from another one in the parameters alone."""
    fitted = {"midpoint": round(found.midpoint, DIGITS), "slope": round(found.slope, DIGITS)}
    curve = rubric.relevance[encoder].model_copy(update=fitted)
    script = rubric.script.model_copy(update={"midpoint": round(found.script_midpoint, DIGITS)})
    headroom = {**rubric.stars.headroom, "quality": round(found.headroom, DIGITS)}
    changed = {
        "version": version,
        "relevance": {**rubric.relevance, encoder: curve},
        "script": script,
        "stars": rubric.stars.model_copy(update={"headroom": headroom}),
    }
    return rubric.model_copy(update=changed)


def case_of(file: LabelledFile, rubric: Rubric) -> Case | None:
    """What a label says; `None` when the verdict has nothing to do with the curves: a gate or a requirement
    decides, or what is written there or read aloud without being asked for, or what is asked for is not known to the
    encoder, or the job takes everything."""
    if file.min_star_rating <= WORST:
        return None
    scored = score(file.evidence, file.brief, rubric)
    least = file.min_star_rating - 0.5
    gated = any(rubric.gates.get(code, BEST) < file.min_star_rating for code in scored.reasons)
    incomplete = scored.completeness + rubric.stars.headroom["completeness"] < least
    match, curve = file.evidence.match, rubric.relevance[file.evidence.encoder]
    witness = _witness(match)
    is_known = match.visual is None or match.familiarity >= curve.unfamiliar_below
    if gated or incomplete or witness is None or not is_known:
        return None
    slope = rubric.script.slope if match.asked_script is not None else None
    if slope is None and _other_probability(match, rubric, curve) > match_probability(witness, curve):
        return None
    floored = match.visual is None and slope is None and bool(file.evidence.speech_seconds)
    floored = floored and rubric.audio.unscripted_relevance + rubric.stars.headroom["relevance"] >= least
    demanded = _logit(_demanded_share(scored, least, rubric))
    return Case(witness, slope, not floored, demanded, scored.quality - least, file.approved)


def predict(cases: Sequence[Case], with_: Parameters) -> Values:
    """Probability of each case's approval, shape (cases,)."""
    return np.exp(_log_probability(_Columns.of(cases), with_.vector()))


def fit(cases: Sequence[Case], start: Parameters) -> Parameters:
    """The parameters under which the verdicts are most likely, given that they are thought to lie near `start`."""
    from scipy.optimize import minimize  # takes a second to import, which all that does not fit can do without

    columns, approved = _Columns.of(cases), np.array([case.approved for case in cases])
    origin, deviations = start.vector(), np.array(PRIOR_DEVIATIONS)

    def loss(theta: Values) -> float:
        log_yes = _log_probability(columns, theta)
        log_no = np.log(-np.expm1(np.minimum(log_yes, -1e-12)))
        return float(-np.where(approved, log_yes, log_no).sum() + (((theta - origin) / deviations) ** 2).sum() / 2)

    free = (None, None)
    log_slope, log_sharpness = origin[1], origin[4]
    bounds = [free, _around(log_slope), (0.05, 0.95), HEADROOMS, _around(log_sharpness)]
    best = minimize(loss, origin, method="L-BFGS-B", bounds=bounds).x
    midpoint, slope, script_midpoint, headroom, sharpness = (float(value) for value in best)
    return Parameters(midpoint, math.exp(slope), script_midpoint, headroom, math.exp(sharpness))


@dataclass(frozen=True, slots=True)
class _Columns:
    """Cases as arrays of shape (cases,)."""

    witness: Values
    script_slope: Values
    """NaN where there is no script."""
    judged: NDArray[np.bool_]
    demanded: Values
    quality_margin: Values

    @classmethod
    def of(cls, cases: Sequence[Case]) -> "_Columns":
        return cls(
            np.array([case.witness for case in cases], np.float64),
            np.array([case.script_slope for case in cases], np.float64),
            np.array([case.judged for case in cases], np.bool_),
            np.array([case.demanded for case in cases], np.float64),
            np.array([case.quality_margin for case in cases], np.float64),
        )


def _log_probability(columns: _Columns, theta: Values) -> Values:
    midpoint, log_slope, script_midpoint, headroom, log_sharpness = theta
    scripted = ~np.isnan(columns.script_slope)
    slope = np.where(scripted, columns.script_slope, math.exp(log_slope))
    match = slope * (columns.witness - np.where(scripted, script_midpoint, midpoint))
    relevant = np.where(columns.judged, _log_sigma(match - columns.demanded), 0.0)
    return np.asarray(relevant + _log_sigma(math.exp(log_sharpness) * (columns.quality_margin + headroom)))


def _log_sigma(x: Values) -> Values:
    return np.asarray(-np.logaddexp(0.0, -x))


def _other_probability(match: MatchEvidence, rubric: Rubric, curve: Calibration) -> float:
    """Of what decides beside the witnesses: what is written there, and the reading of a script that is quoted."""
    read_aloud = 0.0
    if match.script is not None:
        read_aloud = script_probability(match.script, rubric.script.midpoint, rubric.script.slope)
    return max(page_probability(match.pages, curve), read_aloud)


def _witness(match: MatchEvidence) -> float | None:
    if match.asked_script is not None:
        return match.asked_script.precision
    return max((value for value in (match.visual, match.read, match.heard) if value is not None), default=None)


def _demanded_share(scored: Score, least: float, rubric: Rubric) -> float:
    """How likely a match has to be for the stars to reach the minimum, given the other two dimensions."""
    weights = rubric.stars.weights
    others = weights["quality"] * scored.quality + weights["completeness"] * scored.completeness
    grade = max(least - rubric.stars.headroom["relevance"], (least - others) / weights["relevance"])
    return (grade - WORST) / (BEST - WORST)


def _logit(share: float) -> float:
    low, high = PROBABILITIES
    bounded = min(high, max(low, share))
    return math.log(bounded / (1 - bounded))


def _around(log_value: float) -> tuple[float, float]:
    """A quarter to four times as much."""
    return log_value - math.log(4), log_value + math.log(4)
