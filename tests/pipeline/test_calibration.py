"""A refit recovers what people want where it can be known, and leaves the rubric alone where it cannot."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.calibration import MIN_EACH, MIN_LABELS, refit
from pipeline.calibration_figures import bins, sign_test
from pipeline.calibration_model import Case, LabelledFile, Parameters, case_of, fit, parameters_of, predict
from pipeline.evidence import MatchEvidence
from pipeline.media import MediaFacts
from pipeline.relevance import PageMatch
from pipeline.score import score
from pipeline.script import ScriptMatch
from tests.pipeline.labelled import (
    READ_ALOUD,
    engine_verdicts,
    photos,
    quality_threshold,
    readings,
    threshold,
    without_witness,
)
from tests.pipeline.scoring import BRIEF, GOOD_PHOTO, GOOD_SPEECH, RUBRIC

SHIPPED = parameters_of(RUBRIC, "conse")


@pytest.mark.parametrize("approved_above", [1.2, 4.5, 5.5])
def test_a_shifted_threshold_is_recovered(approved_above: float) -> None:
    found = refit(photos(300, approved_above=approved_above), RUBRIC)
    assert found.verdict == "better", found.reason
    assert found.rubric is not None
    assert threshold(found.rubric) == pytest.approx(approved_above, abs=0.35)
    assert quality_threshold(found.rubric) == pytest.approx(2.05, abs=0.25)


@pytest.mark.parametrize("min_star_rating", [3, 4])
def test_the_threshold_is_that_of_the_jobs_minimum(min_star_rating: int) -> None:
    wanted = threshold(RUBRIC, min_star_rating) + 1.5
    files = photos(500, approved_above=wanted, min_star_rating=min_star_rating, sharper_than=min_star_rating - 0.95)
    found = refit(files, RUBRIC)
    assert found.rubric is not None
    assert threshold(found.rubric, min_star_rating) == pytest.approx(wanted, abs=0.35)


def test_people_who_want_sharper_photos_move_quality_and_not_relevance() -> None:
    found = refit(photos(500, sharper_than=2.7, hesitation=0.1), RUBRIC)
    assert found.verdict == "better", found.reason
    assert found.rubric is not None
    assert quality_threshold(found.rubric) == pytest.approx(2.7, abs=0.2)
    assert threshold(found.rubric) == pytest.approx(threshold(RUBRIC), abs=0.35)


def test_scripts_have_a_curve_of_their_own() -> None:
    found = refit(readings(200, approved_above=0.85), RUBRIC)
    assert found.verdict == "better", found.reason
    assert found.rubric is not None
    assert found.rubric.script.midpoint > RUBRIC.script.midpoint + 0.15
    assert found.rubric.relevance == RUBRIC.relevance


def test_held_out_figures_tell_the_gain() -> None:
    found = refit(photos(400, approved_above=4.5), RUBRIC)
    assert found.before is not None
    assert found.after is not None
    assert found.after.agreement > found.before.agreement + 0.1
    assert found.before.false_approvals > 50 > found.after.false_approvals
    assert found.after.calibration_error < found.before.calibration_error
    assert found.after.approval_rate < found.before.approval_rate
    assert sum(b.count for b in found.after.bins) == found.approvals + found.rejections


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), min_star_rating=st.integers(2, 5))
def test_the_rubrics_own_decisions_change_nothing(seed: int, min_star_rating: int) -> None:
    files = engine_verdicts(photos(120, seed=seed, min_star_rating=min_star_rating))
    assert refit(files, RUBRIC).verdict != "better"


@pytest.mark.parametrize("seed", [1, 2])
def test_verdicts_by_coin_change_nothing_much(seed: int) -> None:
    """Noise alone passes the test at its level; what is fitted to it then still lies near the rubric."""
    coin = np.random.default_rng(seed)
    files = [replace(file, approved=bool(coin.random() < 0.5)) for file in photos(80, seed=seed)]
    found = refit(files, RUBRIC)
    if found.rubric is not None:
        assert RUBRIC.relevance["conse"].slope / 4 <= found.rubric.relevance["conse"].slope
        assert -0.4 <= found.rubric.stars.headroom["quality"] <= 2.0


@pytest.mark.parametrize(
    ("approved", "rejected", "verdict"),
    [
        (0, 0, "too_few"),
        (MIN_LABELS // 2, MIN_LABELS // 2 - 1, "too_few"),
        (MIN_LABELS, 0, "one_sided"),
        (MIN_EACH - 1, MIN_LABELS, "one_sided"),
        (MIN_LABELS, MIN_EACH - 1, "one_sided"),
        (MIN_LABELS, MIN_EACH, "better"),
    ],
)
def test_there_have_to_be_enough_labels_of_both_kinds(approved: int, rejected: int, verdict: str) -> None:
    clear = photos(600, approved_above=6, sharper_than=0, hesitation=0.01)
    chosen = (
        [file for file in clear if file.approved][:approved]
        + [
            file
            for file in clear
            if not file.approved and file.evidence.match.visual > 3.5  # type: ignore[operator]
        ][:rejected]
    )
    found = refit(chosen, RUBRIC)
    assert found.verdict == verdict, found.reason
    assert (found.rubric is None) == (verdict in ("too_few", "one_sided"))
    assert (found.labels, found.approvals, found.rejections) == (approved + rejected, approved, rejected)


@pytest.mark.parametrize(
    "evidence",
    [
        replace(GOOD_PHOTO, duplicate_of="file_1"),
        replace(GOOD_PHOTO, unsafe={"BUTTOCKS_EXPOSED": 0.9}),
        replace(GOOD_PHOTO, facts=None, image=None, broken="integrity.corrupt"),
        replace(GOOD_PHOTO, facts=MediaFacts("video", "mp4", 5, "0" * 64)),
        without_witness(GOOD_PHOTO),
    ],
)
def test_verdicts_that_gates_decide_say_nothing_about_the_curves(evidence) -> None:
    assert case_of(LabelledFile("sub_1", evidence, BRIEF, 3, False), RUBRIC) is None


def test_a_verdict_on_what_is_written_says_nothing_about_the_curves() -> None:
    file = LabelledFile("sub_1", replace(GOOD_PHOTO, match=MatchEvidence(visual=1.0)), BRIEF, 3, True)
    assert case_of(file, RUBRIC) is not None
    written = replace(file.evidence.match, pages=(PageMatch("menu", 0.9, 8.0),))
    assert case_of(replace(file, evidence=replace(file.evidence, match=written)), RUBRIC) is None


def test_speech_without_a_script_says_nothing_about_relevance() -> None:
    heard = replace(GOOD_SPEECH, match=replace(GOOD_SPEECH.match, heard=-3.0))
    case = case_of(LabelledFile("sub_1", heard, READ_ALOUD, 3, True), RUBRIC)
    assert case is not None
    assert not case.judged


def test_the_model_changes_its_mind_where_the_rubric_does() -> None:
    """At the parameters of the rubric, one half is the edge between its approvals and its rejections."""
    for file in photos(300, hesitation=0):
        case = case_of(file, RUBRIC)
        assert case is not None
        approved = score(file.evidence, BRIEF, RUBRIC).stars >= 3
        sure = abs(case.quality_margin + SHIPPED.headroom) > 0.8
        likely = predict([case], SHIPPED)[0]
        if sure and abs(likely - 0.5) > 0.05:
            assert (likely > 0.5) == approved


standards, margins = st.floats(-5, 12), st.floats(-4, 3)
parameters = st.builds(
    Parameters, st.floats(-3, 9), st.floats(0.2, 8), st.floats(0.05, 0.95), st.floats(-0.4, 2), st.floats(0.5, 16)
)


@given(standards, standards, margins, margins, st.floats(-4, 4), parameters)
def test_predictions_rise_with_relevance_and_quality(
    one: float, other: float, margin: float, better: float, demanded: float, with_: Parameters
) -> None:
    low, high = sorted((one, other))
    worse, best = sorted((margin, better))
    poor, good = (Case(z, None, True, demanded, m, False) for z, m in ((low, worse), (high, best)))
    first, second = predict([poor, good], with_)
    assert 0 <= first <= second <= 1


def test_few_labels_move_the_parameters_little() -> None:
    cases = [case_of(file, RUBRIC) for file in photos(400, approved_above=5.5)]
    told = [case for case in cases if case is not None]
    few, many = fit(told[:5], SHIPPED), fit(told, SHIPPED)
    assert abs(few.midpoint - SHIPPED.midpoint) < abs(many.midpoint - SHIPPED.midpoint)
    assert fit([], SHIPPED) == SHIPPED


def test_a_refit_is_the_same_whenever_it_is_made() -> None:
    files = photos(60, approved_above=5)
    first, again = refit(files, RUBRIC), refit(files, RUBRIC)
    assert first == again


@pytest.mark.parametrize(
    ("won", "lost", "chance"), [(0, 0, 1.0), (1, 0, 0.5), (5, 0, 1 / 32), (0, 5, 1.0), (8, 2, 56 / 1024)]
)
def test_sign_test(won: int, lost: int, chance: float) -> None:
    assert sign_test(won, lost) == pytest.approx(chance)


def test_labels_of_another_encoder_are_left_out() -> None:
    files = photos(60, approved_above=5)
    others = [replace(file, evidence=replace(file.evidence, encoder="open_clip")) for file in files[:20]]
    assert refit([*others, *files[20:]], RUBRIC) == refit(files[20:], RUBRIC)


def test_bins() -> None:
    made = bins(np.array([0.0, 0.05, 0.95, 1.0]), np.array([0.0, 1.0, 1.0, 1.0]))
    assert [(round(b.predicted, 3), b.approved, b.count) for b in made] == [(0.025, 0.5, 2), (0.975, 1.0, 2)]


def test_a_script_that_is_merely_quoted_says_nothing_about_scripts() -> None:
    """The rubric lets such a script only speak for a file, so approvals of other words do not move its curve."""
    quoted = [
        replace(
            one, evidence=replace(one.evidence, match=MatchEvidence(heard=2.0, script=ScriptMatch(0.02, 0.02, False)))
        )
        for one in readings(200, approved_above=0.5)
    ]
    assert {case.script_slope for one in quoted if (case := case_of(one, RUBRIC))} <= {None}
    read = replace(
        quoted[0], evidence=replace(quoted[0].evidence, match=MatchEvidence(script=ScriptMatch(1.0, 1.0, False)))
    )
    assert case_of(read, RUBRIC) is None


def test_a_job_that_takes_everything_says_nothing() -> None:
    (file,) = photos(1)
    assert case_of(file, RUBRIC) is not None
    assert case_of(replace(file, min_star_rating=1), RUBRIC) is None


def test_unscripted_speech_is_judged_where_its_floor_is_too_low() -> None:
    heard = replace(GOOD_SPEECH, match=MatchEvidence(heard=2.0), speech_seconds=5.0)
    cases = [case_of(LabelledFile("sub_1", heard, READ_ALOUD, minimum, True), RUBRIC) for minimum in (3, 5)]
    assert [case.judged for case in cases if case] == [False, True]
