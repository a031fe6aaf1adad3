"""Every reason, from the evidence that calls for it to the stars that it leaves."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.brief import JobBrief
from pipeline.evidence import Evidence, MatchEvidence, RequirementEvidence
from pipeline.reasons import SENTENCES
from pipeline.relevance import PageMatch
from pipeline.score import NOT_JUDGED, is_gated, score
from pipeline.script import ScriptMatch
from pipeline.video_signals import VideoSignals
from tests.pipeline.scoring import BRIEF, CLEAN, CLEAR, GOOD_PHOTO, GOOD_SPEECH, PHOTO, RECORDING, RUBRIC, graded

SPEECH = JobBrief(description="Record yourself.", content_type="audio")
STEADY = VideoSignals(stability=0.95, jitter=0.001, change_level=5.0, static=False, black_share=0.0)


def test_a_good_photo_of_the_right_thing_gets_five_stars() -> None:
    result = graded()
    assert (result.stars, result.reasons) == (5, ())


def test_good_speech_that_reads_its_script_is_approved() -> None:
    result = graded(GOOD_SPEECH, SPEECH, match=MatchEvidence(script=ScriptMatch(1.0, 1.0)))
    assert result.stars >= 4
    assert result.reasons == ()


@pytest.mark.parametrize(
    ("changes", "code", "most_stars"),
    [
        ({"match": MatchEvidence(visual=-0.5, looks_like=("tabby",))}, "relevance.off_topic", 1),
        ({"match": MatchEvidence()}, "relevance.off_topic", 1),
        ({"image": replace(CLEAR, blur_pixels=16.0)}, "image.blurry", 2),
        ({"image": replace(CLEAR, mean_level=10.0, white_level=20.0, black_level=0.0)}, "image.dark", 2),
        ({"image": replace(CLEAR, noise_level=70.0)}, "image.noisy", 2),
        ({"image": replace(CLEAR, black_level=120.0, white_level=140.0)}, "image.low_contrast", 3),
        ({"facts": replace(PHOTO, width=48, height=36)}, "image.small", 2),
        ({"duplicate_of": "earlier.jpg"}, "integrity.duplicate", 1),
        ({"unsafe": {"BUTTOCKS_EXPOSED": 0.9}}, "policy.unsafe", 1),
        ({"requirements": RequirementEvidence(missing_text=("MENU",))}, "requirements.must_contain_text", 2),
        ({"requirements": RequirementEvidence(unseen={"a spoon": 0.1})}, "requirements.must_show", 2),
        ({"facts": replace(PHOTO, format="flac", content_type="audio")}, "requirements.format", 2),
        ({"video": replace(STEADY, black_share=0.9)}, "video.black", 2),
        ({"video": replace(STEADY, static=True)}, "video.static", 2),
        ({"video": replace(STEADY, stability=0.05)}, "video.shaky", 2),
    ],
)
def test_what_is_wrong_with_a_picture_is_named_and_costs(changes: dict[str, Any], code: str, most_stars: int) -> None:
    result = graded(**changes)
    assert code in result.reasons
    assert result.stars <= most_stars


@pytest.mark.parametrize(
    ("changes", "code", "most_stars"),
    [
        ({"audio": replace(CLEAN, loudness_lufs=-70.0), "speech_seconds": 0.0}, "audio.silent", 1),
        ({"audio": replace(CLEAN, background=1.1, snr_db=-8.0)}, "audio.noisy", 2),
        ({"audio": replace(CLEAN, background=1.1, snr_db=-8.0), "speech_seconds": 0.0}, "audio.noisy", 2),
        ({"audio": replace(CLEAN, signal=1.1)}, "audio.unclear", 2),
        ({"audio": replace(CLEAN, clipping_ratio=0.06)}, "audio.clipped", 2),
        ({"audio": replace(CLEAN, loudness_lufs=-58.0)}, "audio.quiet", 3),
        ({"match": MatchEvidence(script=ScriptMatch(0.1, 0.1))}, "relevance.wrong_words", 1),
        ({"match": MatchEvidence(script=ScriptMatch(1.0, 0.4))}, "audio.incomplete", 4),
    ],
)
def test_what_is_wrong_with_a_recording_is_named_and_costs(changes: dict[str, Any], code: str, most_stars: int) -> None:
    result = graded(GOOD_SPEECH, SPEECH, **changes)
    assert code in result.reasons
    assert result.stars <= most_stars


@pytest.mark.parametrize(
    ("requirements", "evidence", "code"),
    [
        ({"min_width": 2000}, RequirementEvidence(), "requirements.min_width"),
        ({"min_height": 1300}, RequirementEvidence(), "requirements.min_height"),
        ({"forbid_faces": True}, RequirementEvidence(faces=2), "requirements.faces"),
    ],
)
def test_a_broken_requirement_is_not_approved(requirements: Any, evidence: RequirementEvidence, code: str) -> None:
    brief = BRIEF.model_copy(update={"requirements": type(BRIEF.requirements)(**requirements)})
    result = graded(brief=brief, requirements=evidence)
    assert code in result.reasons
    assert result.stars <= 2
    assert result.completeness == 1.0


def test_sound_that_nothing_can_be_compared_with_is_neither_approved_of_nor_punished() -> None:
    rain = graded(GOOD_SPEECH, JobBrief(description="Ten seconds of rain on a window."), speech_seconds=0.0)
    assert (rain.stars, rain.reasons) == (3, ("relevance.not_judged",))
    silence = graded(GOOD_SPEECH, speech_seconds=0.0, audio=replace(CLEAN, loudness_lufs=-70.0))
    assert silence.stars == 1


@pytest.mark.parametrize(
    ("visual", "familiarity", "stars", "reasons"),
    [
        (-0.5, 0.57, 1, ("relevance.off_topic",)),
        (-0.5, 0.55, 3, ("relevance.not_judged",)),
        (2.9, 0.55, 3, ("relevance.not_judged",)),
        (6.0, 0.55, 5, ()),  # it is like what is asked for all the same
    ],
)
def test_a_picture_unlike_what_the_encoder_does_not_know_is_neither_approved_of_nor_punished(
    visual: float, familiarity: float, stars: int, reasons: tuple[str, ...]
) -> None:
    result = graded(match=MatchEvidence(visual=visual, familiarity=familiarity))
    assert (result.stars, result.reasons) == (stars, reasons)


@pytest.mark.parametrize(
    ("probability", "stars", "reasons"),
    [(0.95, 5, ()), (0.6, 4, ()), (0.2, 2, ("relevance.off_topic",)), (0.0, 1, ("relevance.off_topic",))],
)
def test_a_page_that_reads_like_what_is_asked_for_is(probability: float, stars: int, reasons: tuple[str, ...]) -> None:
    pages = (PageMatch("menu", probability, 8.0), PageMatch("recipe", 1 - probability, -4.0))
    result = graded(match=MatchEvidence(visual=-0.5, read=1.0, pages=pages, words_read=40))
    assert (result.stars, result.reasons) == (stars, reasons)


@pytest.mark.parametrize(
    ("familiarity", "share", "stars", "reasons", "feedback"),
    [
        (0.5, 1.0, 3, ("relevance.not_judged",), "could not be told"),  # receipts of restaurants read like menus
        (0.9, 0.6, 1, ("relevance.off_topic",), "menu"),
        (0.9, 0.4, 1, ("relevance.off_topic",), "web site"),
    ],
)
def test_a_page_that_reads_like_something_else_is_judged_by_its_looks(
    familiarity: float, share: float, stars: int, reasons: tuple[str, ...], feedback: str
) -> None:
    pages = (PageMatch("menu", share, -5.0),)
    match = MatchEvidence(
        visual=-0.5, read=0.0, familiarity=familiarity, pages=pages, words_read=40, looks_like=("web site",)
    )
    result = graded(match=match)
    assert (result.stars, result.reasons) == (stars, reasons)
    assert feedback in result.feedback


@pytest.mark.parametrize(
    ("familiarity", "nearest_wordy", "words_read", "stars", "reason"),
    [
        (0.5, 0.81, 0, 2, "relevance.no_text"),
        (0.5, 0.81, 2, 2, "relevance.no_text"),
        (0.5, 0.81, 3, 3, "relevance.not_judged"),  # it may well be one that is not recognised
        (0.5, 0.81, None, 3, "relevance.not_judged"),  # nobody looked for words
        (0.5, 0.79, 0, 3, "relevance.not_judged"),
        (0.9, 0.81, 0, 1, "relevance.off_topic"),
    ],
)
def test_what_has_no_words_is_nothing_to_read(
    familiarity: float, nearest_wordy: float, words_read: int | None, stars: int, reason: str
) -> None:
    match = MatchEvidence(visual=-0.5, familiarity=familiarity, nearest_wordy=nearest_wordy, words_read=words_read)
    result = graded(match=match)
    assert (result.stars, result.reasons) == (stars, (reason,))


def test_words_that_are_quoted_and_not_asked_for_can_only_help() -> None:
    quoted = graded(GOOD_SPEECH, SPEECH, match=MatchEvidence(heard=-2.0, script=ScriptMatch(1.0, 1.0, is_asked=False)))
    unlike = graded(GOOD_SPEECH, SPEECH, match=MatchEvidence(heard=-2.0, script=ScriptMatch(0.0, 0.0, is_asked=False)))
    assert quoted.relevance > 4.9
    assert unlike == graded(GOOD_SPEECH, SPEECH, match=MatchEvidence(heard=-2.0))


def test_three_stars_without_a_reason_say_where_more_could_be_had() -> None:
    results = (graded(match=MatchEvidence(visual=standard / 100)) for standard in range(200, 400))
    almost = next(result for result in results if not result.reasons)
    assert almost.stars == 3
    assert "closer look" in almost.feedback


def test_sounds_of_a_place_where_nobody_speaks_are_not_called_noisy() -> None:
    street = replace(CLEAN, background=1.1, signal=1.1, snr_db=-20.0, speech_ratio=0.0)
    assert not {"audio.noisy", "audio.unclear"} & set(
        graded(GOOD_SPEECH, SPEECH, audio=street, speech_seconds=0.0).reasons
    )


@pytest.mark.parametrize("code", ["integrity.corrupt", "integrity.unsupported_format", "integrity.timeout"])
def test_a_file_that_does_not_open_may_be_sent_again(code: str) -> None:
    result = graded(Evidence(facts=None, broken=code, broken_detail="cut off"))
    assert (result.stars, result.reasons) == (2, (code,))


@pytest.mark.parametrize(
    ("evidence", "relevance"),
    [(GOOD_SPEECH, RUBRIC.audio.unscripted_relevance), (Evidence(facts=RECORDING), NOT_JUDGED)],
    ids=["listened to", "stopped under another rubric"],
)
def test_a_rubric_may_do_without_a_gate(evidence: Evidence, relevance: float) -> None:
    """Who wants copies leaves the gate out; a copy is scored like any other file, less what it lacks."""
    gates = {code: stars for code, stars in RUBRIC.gates.items() if code != "integrity.duplicate"}
    copy, rubric = replace(evidence, duplicate_of="earlier.wav"), RUBRIC.model_copy(update={"gates": gates})
    result = score(copy, SPEECH, rubric)
    assert (result.stars, result.relevance, result.completeness) == (2, relevance, 1.0)
    assert "integrity.duplicate" in result.reasons
    assert is_gated(copy, SPEECH, RUBRIC)
    assert not is_gated(copy, SPEECH, rubric)


@pytest.mark.parametrize(
    ("evidence", "changes", "code", "value", "limit"),
    [
        (GOOD_PHOTO, {"match": MatchEvidence()}, "relevance.off_topic", 0.0, 0.5),  # 3 of 1–5 stars
        (GOOD_SPEECH, {"match": MatchEvidence(script=ScriptMatch(0.1, 1.0))}, "relevance.wrong_words", 0.1, None),
        (GOOD_PHOTO, {"image": replace(CLEAR, blur_pixels=16.0)}, "image.blurry", 16.0, None),
        (GOOD_PHOTO, {"video": replace(STEADY, black_share=0.9)}, "video.black", 0.9, 0.31),  # 0.3 of 0.1–0.8
        (GOOD_PHOTO, {"video": replace(STEADY, static=True)}, "video.static", 1.0, None),
        (GOOD_SPEECH, {"audio": replace(CLEAN, loudness_lufs=-50.0)}, "audio.quiet", -50.0, -42.5),
        (GOOD_SPEECH, {"audio": replace(CLEAN, snr_db=-5.0)}, "audio.noisy", -5.0, 9.0),
        (GOOD_SPEECH, {"audio": replace(CLEAN, background=1.0)}, "audio.noisy", 1.0, 2.75),
    ],
)
def test_a_limit_has_the_unit_of_its_value(
    evidence: Evidence, changes: dict[str, Any], code: str, value: float, limit: float | None
) -> None:
    found = next(one for one in graded(evidence, SPEECH, **changes).deductions if one.code == code)
    assert found.value == pytest.approx(value, abs=0.001)
    assert found.limit == (limit if limit is None else pytest.approx(limit))


def test_every_gate_of_the_rubric_is_a_reason_that_exists() -> None:
    assert set(RUBRIC.gates) <= set(SENTENCES)


def test_every_deduction_has_a_sentence_without_holes() -> None:
    result = graded(facts=replace(PHOTO, width=48, height=36), duplicate_of="a.jpg", match=MatchEvidence())
    assert len(result.deductions) >= 3
    for deduction in result.deductions:
        assert deduction.stars > 0
        assert "{" not in deduction.sentence
        assert deduction.sentence.endswith((".", ")"))


def test_the_feedback_is_about_what_matters_most() -> None:
    result = graded(match=MatchEvidence(visual=-1.0, looks_like=("tabby",)))
    assert "tabby" in result.feedback


@given(st.floats(-5, 15), st.floats(0, 32), st.floats(0, 100), st.integers(16, 5000))
def test_scores_stay_in_range_whatever_was_measured(visual: float, blur: float, noise: float, side: int) -> None:
    image = replace(CLEAR, blur_pixels=blur, noise_level=noise)
    result = graded(facts=replace(PHOTO, width=side, height=side), match=MatchEvidence(visual=visual), image=image)
    assert 1 <= result.stars <= 5
    assert all(1.0 <= value <= 5.0 for value in (result.relevance, result.quality, result.completeness))


@given(st.floats(-5, 15), st.floats(0, 5))
def test_a_better_match_never_scores_lower(visual: float, more: float) -> None:
    worse, better = (graded(match=MatchEvidence(visual=value)) for value in (visual, visual + more))
    assert better.relevance >= worse.relevance
    assert better.stars >= worse.stars


def test_evidence_is_plain_data() -> None:
    assert json.loads(json.dumps(GOOD_PHOTO.to_json()))["match"]["visual"] == 8.0
