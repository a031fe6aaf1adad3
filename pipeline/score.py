"""The score: evidence in, stars and reasons out. Pure, so that the same evidence always scores the same."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from pipeline.brief import JobBrief
from pipeline.evidence import Evidence, MatchEvidence
from pipeline.image_quality import image_quality
from pipeline.media import MediaFacts
from pipeline.reasons import Deduction, Dimension
from pipeline.relevance import Calibration, match_probability, page_probability, script_probability
from pipeline.requirements import accepted_formats, check_content, check_format, check_size, check_words
from pipeline.rubric import Ramp, Rubric

DIMENSIONS: tuple[Dimension, ...] = ("relevance", "quality", "completeness")
BEST, WORST = 5.0, 1.0
NOT_JUDGED = 3.0
"""Relevance, where nothing was seen or said that could be compared with the job: the middle of the scale."""
MIN_READ_WORDS = 3
"""On a receipt or a letter; fewer may be on anything."""
UNREAD = 2.0
"""Relevance of a picture with fewer, where a receipt or a letter is asked for: not approved, but no strike, since what
is written may be hard to read."""
LIKELY_KIND = 0.5
"""Probability from which the worker is told what a text seems to stand on."""
FITS_WELL = 4
HALFWAY: dict[Dimension, str] = {
    "relevance": "Thank you. A closer look at what the job asks for would score higher.",
    "quality": "Thank you. Several small flaws add up; a clearer capture would score higher.",
    "completeness": "Thank you. A file that meets more of what the job asks for would score higher.",
}
"""Where stars are missing and no single thing is bad enough to be a reason."""


@dataclass(frozen=True, slots=True)
class Score:
    """Stars with what they are made of."""

    stars: int
    """1–5."""
    relevance: float
    """1.0–5.0, as the other dimensions."""
    quality: float
    completeness: float
    deductions: tuple[Deduction, ...]
    """The one that matters most first."""
    feedback: str
    """One sentence for the worker."""
    rubric_version: str
    rubric_digest: str = ""
    """SHA-256 of the rubric's numbers."""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Codes without repetition, in the order of the deductions."""
        return tuple(dict.fromkeys(deduction.code for deduction in self.deductions))


@dataclass(frozen=True, slots=True)
class _Loss:
    """Quality that one measurement costs."""

    code: str
    share: float
    """Part of the range, 0–1."""
    value: float
    ramp: Ramp | None = None
    """By which the value was judged."""

    @classmethod
    def on(cls, ramp: Ramp, code: str, value: float) -> Self:
        return cls(code, ramp.loss(value), value, ramp)

    def limit(self, below: float) -> float | None:
        """The value whose grade is `below`, in the value's own unit."""
        return self.ramp.value_at(1 - below) if self.ramp else None


def score(evidence: Evidence, brief: JobBrief, rubric: Rubric) -> Score:
    """Grade the dimensions, combine them, then let the gates have their say.

    The stars are the weighted mean of the dimensions, rounded, but no more than the weakest dimension with
    its headroom allows, and no more than the lowest gate that was met.
    """
    gates = tuple(gate_deductions(evidence, brief, rubric))
    unseen = evidence.image is None and evidence.audio is None
    if evidence.facts is None or (unseen and _stops(gates, rubric)):
        return _gated(gates, rubric)
    relevance, about = _relevance(evidence, rubric)
    quality, flaws = _quality(evidence, evidence.facts, rubric)
    completeness, gaps = _completeness(evidence, brief, gates, rubric)
    graded = {"relevance": relevance, "quality": quality, "completeness": completeness}
    ranked = sorted((*about, *flaws, *gaps), key=lambda deduction: -deduction.stars)
    deductions = (*gates, *ranked)
    stars = min([_combine(graded, rubric), *_caps(deductions, rubric)])
    feedback = _feedback(stars, graded, deductions)
    return Score(stars, relevance, quality, completeness, deductions, feedback, rubric.version, rubric.digest)


def is_gated(evidence: Evidence, brief: JobBrief, rubric: Rubric) -> bool:
    """Whether the file met a gate that the rubric has, behind which no model needs to read or listen."""
    return _stops(gate_deductions(evidence, brief, rubric), rubric)


def gate_deductions(evidence: Evidence, brief: JobBrief, rubric: Rubric) -> Iterator[Deduction]:
    """Reasons that need no opinion: broken, the wrong format, too small, copied, unsafe."""
    if evidence.broken is not None:
        detail, wanted = evidence.broken_detail, " or ".join(accepted_formats(brief))
        yield Deduction(evidence.broken, "quality", BEST - WORST, detail=detail, wanted=wanted)
    if evidence.facts is not None:
        yield from check_format(evidence.facts, brief)
        yield from check_size(evidence.facts, brief)
    if evidence.unsafe:
        detail = ", ".join(label.lower().replace("_", " ") for label in evidence.unsafe)
        yield Deduction("policy.unsafe", "relevance", BEST - WORST, max(evidence.unsafe.values()), detail=detail)
    if evidence.duplicate_of is not None:
        yield Deduction("integrity.duplicate", "completeness", BEST - WORST, detail=evidence.duplicate_of)


def _stops(gates: Iterable[Deduction], rubric: Rubric) -> bool:
    return any(gate.code in rubric.gates for gate in gates)


def _caps(deductions: Iterable[Deduction], rubric: Rubric) -> Iterator[int]:
    """The most stars that each gate leaves; a rubric may do without some of them."""
    return (rubric.gates[each.code] for each in deductions if each.code in rubric.gates)


def _gated(gates: tuple[Deduction, ...], rubric: Rubric) -> Score:
    """A file that no model looked at: a gate stood before them."""
    stars = min(_caps(gates, rubric))
    return Score(stars, WORST, WORST, WORST, gates, gates[0].sentence, rubric.version, rubric.digest)


def _combine(graded: dict[str, float], rubric: Rubric) -> int:
    mean = sum(rubric.stars.weights[name] * graded[name] for name in DIMENSIONS)
    ceiling = min(graded[name] + rubric.stars.headroom[name] for name in DIMENSIONS)
    return int(min(BEST, max(WORST, math.floor(min(mean, ceiling) + 0.5))))


def _relevance(evidence: Evidence, rubric: Rubric) -> tuple[float, list[Deduction]]:
    """The best witness decides: what is seen, read or heard; a script that was to be read outweighs all of them."""
    match, calibration = evidence.match, rubric.relevance[evidence.encoder]
    read_aloud = 0.0
    if match.script is not None:
        read_aloud = script_probability(match.script, rubric.script.midpoint, rubric.script.slope)
    if match.asked_script is not None:
        grade, share = _grade(read_aloud), match.asked_script.precision
        code = "relevance.wrong_words"
        return grade, _about(grade, Deduction(code, "relevance", BEST - grade, share), rubric)
    witnesses = [value for value in (match.visual, match.read, match.heard) if value is not None]
    probabilities = [match_probability(value, calibration) for value in witnesses]
    best = max(*probabilities, page_probability(match.pages, calibration), read_aloud, 0.0)
    grade = _grade(best)
    if match.visual is None and evidence.speech_seconds:
        grade = max(grade, rubric.audio.unscripted_relevance)
    is_comparable = match.visual is None or match.familiarity >= calibration.unfamiliar_below
    if grade < NOT_JUDGED and not (is_comparable and (witnesses or evidence.image)):
        return _not_judged(match, calibration)
    code = "relevance.off_topic" if grade < rubric.stars.off_topic_below else "relevance.weak_match"
    limit, detail = _share(rubric.stars.weak_match_below), _looks_like(match)
    return grade, _about(grade, Deduction(code, "relevance", BEST - grade, best, limit, detail), rubric)


def _not_judged(match: MatchEvidence, calibration: Calibration) -> tuple[float, list[Deduction]]:
    few = match.words_read is not None and match.words_read < MIN_READ_WORDS
    if few and match.nearest_wordy >= calibration.asked_page:
        return UNREAD, [Deduction("relevance.no_text", "relevance", BEST - UNREAD, match.words_read, MIN_READ_WORDS)]
    return NOT_JUDGED, [Deduction("relevance.not_judged", "relevance", BEST - NOT_JUDGED)]


def _looks_like(match: MatchEvidence) -> str:
    if match.pages and match.pages[0].probability >= LIKELY_KIND:
        return match.pages[0].kind
    return ", ".join(match.looks_like[:3]) or "nothing that is recognised"


def _about(grade: float, deduction: Deduction, rubric: Rubric) -> list[Deduction]:
    return [deduction] if grade < rubric.stars.weak_match_below else []


def _grade(share: float) -> float:
    """0–1 as 1.0–5.0."""
    return WORST + (BEST - WORST) * share


def _share(grade: float) -> float:
    """1.0–5.0 as 0–1."""
    return (grade - WORST) / (BEST - WORST)


def _quality(evidence: Evidence, facts: MediaFacts, rubric: Rubric) -> tuple[float, list[Deduction]]:
    """Pictures and sound are graded apart; a video is as good as the worse of its two. What no model of the
    profile judges has no flaws."""
    grades: list[float] = []
    deductions: list[Deduction] = []
    for grade, flaws in (_image(evidence, facts, rubric), _video(evidence, rubric), _audio(evidence, rubric)):
        grades += [] if grade is None else [grade]
        deductions += flaws
    return min(grades, default=BEST), deductions


def _image(evidence: Evidence, facts: MediaFacts, rubric: Rubric) -> tuple[float | None, list[Deduction]]:
    if evidence.image is None or facts.width is None or facts.height is None:
        return None, []
    signals = evidence.image
    grades = image_quality(signals, facts.width, facts.height, rubric.image_quality)
    exposure = "image.dark" if signals.mean_level < 128 else "image.overexposed"
    components = (
        ("image.blurry", grades.sharpness, signals.blur_pixels),
        (exposure, grades.exposure, signals.mean_level),
        ("image.noisy", grades.noise, signals.noise_level),
        ("image.low_contrast", grades.contrast, signals.white_level - signals.black_level),
        ("image.small", grades.resolution, float(max(facts.width, facts.height))),
    )
    flaws = [
        Deduction(code, "quality", (BEST - WORST) * (1 - grade), value)
        for code, grade, value in components
        if grade < rubric.stars.deduct_below
    ]
    return grades.overall, flaws


def _video(evidence: Evidence, rubric: Rubric) -> tuple[float | None, list[Deduction]]:
    if evidence.video is None:
        return None, []
    signals, limits = evidence.video, rubric.video
    losses = [_Loss.on(limits.black_share, "video.black", signals.black_share)]
    if signals.stability is not None:
        losses.append(_Loss.on(limits.stability, "video.shaky", signals.stability))
    if signals.static:
        losses.append(_Loss("video.static", (BEST - limits.static_stars) / (BEST - WORST), 1.0))
    return _losses(losses, rubric)


def _audio(evidence: Evidence, rubric: Rubric) -> tuple[float | None, list[Deduction]]:
    """Where nobody speaks and nobody should, DNSMOS has nothing to judge: only level and clipping count."""
    if evidence.audio is None:
        return None, []
    heard, limits = evidence.audio, rubric.audio
    if not evidence.speech_seconds and heard.loudness_lufs < limits.silent_below_lufs:
        if evidence.image is not None:  # a silent video is judged by its pictures
            return None, []
        silent = Deduction("audio.silent", "quality", BEST - WORST, heard.loudness_lufs, limits.silent_below_lufs)
        return WORST, [silent]
    losses = [
        _Loss.on(limits.clipping_ratio, "audio.clipped", heard.clipping_ratio),
        _Loss.on(limits.loudness_lufs, "audio.quiet", heard.loudness_lufs),
    ]
    if evidence.speech_seconds or heard.speech_ratio > 0 or evidence.match.asked_script is not None:
        noise = (
            _Loss.on(limits.snr_db, "audio.noisy", heard.snr_db),
            _Loss.on(limits.background, "audio.noisy", heard.background),
        )
        losses.append(max(noise, key=lambda one: one.share))
        losses.append(_Loss.on(limits.signal, "audio.unclear", heard.signal))
    return _losses(losses, rubric)


def _losses(losses: list[_Loss], rubric: Rubric) -> tuple[float, list[Deduction]]:
    """Each loss takes its part of what the ones before it left."""
    kept = math.prod(1 - loss.share for loss in losses)
    below = rubric.stars.deduct_below
    flaws = [
        Deduction(loss.code, "quality", (BEST - WORST) * loss.share, loss.value, loss.limit(below))
        for loss in losses
        if 1 - loss.share < below
    ]
    return _grade(kept), flaws


def _completeness(
    evidence: Evidence, brief: JobBrief, gates: tuple[Deduction, ...], rubric: Rubric
) -> tuple[float, list[Deduction]]:
    """Broken requirements, and how much of a script was read; behind a gate no model reads or listens."""
    gaps = [*check_content(evidence, brief), *(check_words(evidence, brief) if not _stops(gates, rubric) else ())]
    script = evidence.match.asked_script
    if script is not None and (lost := rubric.script.lost(script.recall)):
        stars, wanted = (BEST - WORST) * lost, rubric.script.min_recall
        gaps.append(Deduction("audio.incomplete", "completeness", stars, script.recall, wanted))
    taken = sum(gap.stars for gap in (*gates, *gaps) if gap.dimension == "completeness")
    return max(WORST, BEST - taken), gaps


def _feedback(stars: int, graded: dict[str, float], deductions: tuple[Deduction, ...]) -> str:
    if deductions:
        return deductions[0].sentence
    if stars < FITS_WELL:
        return HALFWAY[min(DIMENSIONS, key=graded.__getitem__)]
    return "Thank you, this is just what the job asks for." if stars == BEST else "Thank you, this fits the job well."
