"""Versions of the rubric: what tells two of them apart, and what comes back from the store."""

import json
from dataclasses import replace

import pytest
from pydantic import ValidationError

from pipeline.calibration_model import parameters_of, with_parameters
from pipeline.evidence import Evidence, RequirementEvidence, evidence_of
from pipeline.media import Position
from pipeline.result import ScoreResult, rescored
from pipeline.rubric import SHIPPED, Rubric, ScriptRubric, looks_otherwise
from pipeline.score import score
from pipeline.script import ScriptMatch
from pipeline.video_signals import VideoSignals
from tests.pipeline.scoring import BRIEF, CLEAN, GOOD_PHOTO, GOOD_SPEECH, PHOTO, RUBRIC

STRICTER = with_parameters(
    RUBRIC, "conse", replace(parameters_of(RUBRIC, "conse"), midpoint=8.5, headroom=-0.2), "rub_1"
)


def _result(evidence: Evidence) -> ScoreResult:
    return ScoreResult(score(evidence, BRIEF, RUBRIC), evidence, None, None, ())


def test_the_shipped_rubric_is_called_so() -> None:
    assert RUBRIC.version == SHIPPED


def test_the_digest_is_of_the_numbers() -> None:
    renamed = RUBRIC.model_copy(update={"version": "rub_2"})
    assert renamed.digest == RUBRIC.digest
    assert len({RUBRIC.digest, STRICTER.digest}) == 2
    stored = Rubric.model_validate(json.loads(json.dumps(STRICTER.model_dump(mode="json"))))
    assert (stored, stored.digest) == (STRICTER, STRICTER.digest)


@pytest.mark.parametrize(
    "evidence",
    [
        GOOD_PHOTO,
        GOOD_SPEECH,
        replace(GOOD_SPEECH, match=replace(GOOD_SPEECH.match, script=ScriptMatch(0.5, 0.25))),
        replace(GOOD_PHOTO, video=VideoSignals(0.9, 0.01, 3.0, False, 0.0), audio=CLEAN, unsafe={"X": 0.5}),
        replace(GOOD_PHOTO, facts=replace(PHOTO, position=Position(1.5, -2.5), codecs=("h264",))),
        replace(GOOD_PHOTO, requirements=RequirementEvidence(("menu",), {"cup": -1.5}, 2, "en", 3.5)),
        Evidence(facts=None, broken="integrity.corrupt", broken_detail="no frames"),
    ],
)
def test_evidence_comes_back_as_it_was_stored(evidence: Evidence) -> None:
    breakdown = json.loads(json.dumps(_result(evidence).breakdown()))
    assert evidence_of(breakdown["evidence"]) == evidence


def test_a_breakdown_names_its_rubric() -> None:
    before = _result(GOOD_PHOTO)
    after = rescored(before, BRIEF, STRICTER)
    named = [one.breakdown()["evidence"]["rubric"] for one in (before, after)]
    assert named == [
        {"version": "shipped", "digest": RUBRIC.digest, "stars": 5},
        {"version": "rub_1", "digest": STRICTER.digest, "stars": 2},
    ]
    assert (after.evidence, after.annotations) == (before.evidence, before.annotations)


@pytest.mark.parametrize(
    ("changed", "sections"),
    [
        ({"version": "2"}, ()),
        ({"gates": {**RUBRIC.gates, "audio.silent": 2}}, ()),
        ({"face_labels": ("FACE",)}, ("face_labels",)),
        ({"unsafe_labels": {}}, ("unsafe_labels",)),
        ({"duplicates": RUBRIC.duplicates.model_copy(update={"hash_bits": 1})}, ("duplicates",)),
        ({"relevance": {"conse": RUBRIC.relevance["conse"].model_copy(update={"cohort": "item"})}}, ("cohort",)),
    ],
)
def test_rubrics_that_look_otherwise_are_told_apart(changed, sections) -> None:
    assert looks_otherwise(RUBRIC, RUBRIC.model_copy(update=changed)) == sections
    assert looks_otherwise(RUBRIC, STRICTER) == ()


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("stars", "weights"), {"relevance": 0.5, "quality": 0.5}, "nothing for completeness"),
        (("stars", "weights"), {"relevance": 1.0, "quality": 0.5, "completeness": 0.5}, "add up to 1"),
        (("stars", "headroom"), {"relevance": 0.3, "quality": 0.45}, "nothing for completeness"),
        (("gates",), {**RUBRIC.gates, "integrity.duplicates": 1}, "no reason is called integrity.duplicates"),
        (("gates",), {"integrity.duplicate": 1}, "nothing for integrity.corrupt"),
        (("gates",), {**RUBRIC.gates, "policy.unsafe": 0}, "greater than or equal to 1"),
        (("audio", "signal"), {"good": 3.0, "bad": 3.0}, "are the same"),
        (("relevance", "conse", "slope"), -1.0, "greater than 0"),
        (("script", "midpoint"), float("nan"), "finite number"),
    ],
)
def test_a_rubric_that_cannot_score_is_refused(path: tuple[str, ...], value: object, message: str) -> None:
    numbers = RUBRIC.model_dump()
    section = numbers
    for name in path[:-1]:
        section = section[name]
    section[path[-1]] = value
    with pytest.raises(ValidationError, match=message):
        Rubric.model_validate(numbers)


@pytest.mark.parametrize(
    ("least", "recall", "lost"),
    [(0.7, 0.95, 0.0), (0.7, 0.8, 0.5), (0.7, 0.7, 1.0), (0.7, 0.1, 1.0), (0.0, 0.45, 0.5)],
)
def test_how_much_of_a_script_may_be_left_out(least: float, recall: float, lost: float) -> None:
    script = ScriptRubric(midpoint=0.6, slope=14, min_recall=0.9, least_recall=least)
    assert script.lost(recall) == pytest.approx(lost)


def test_a_rubric_may_ask_for_nothing_of_a_script() -> None:
    assert ScriptRubric(midpoint=0.6, slope=14, min_recall=0.0).lost(0.0) == 0.0
    with pytest.raises(ValidationError, match="least_recall has to be below min_recall"):
        ScriptRubric(midpoint=0.6, slope=14, min_recall=0.6, least_recall=0.7)


def test_the_digest_of_an_earlier_release_stays() -> None:
    script = RUBRIC.script.model_copy(update={"least_recall": 0.0})
    assert "least_recall" not in json.dumps(RUBRIC.model_copy(update={"script": script}).numbers())
