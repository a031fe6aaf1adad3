"""Requirements, from what the models found to the reason that the worker reads."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from models.outputs import (
    Box,
    Cohort,
    Concepts,
    Detection,
    Label,
    PageKind,
    PageText,
    Segment,
    TextLine,
    Transcript,
    Word,
)
from pipeline.brief import JobBrief, Requirements
from pipeline.evidence import Evidence
from pipeline.findings import Findings, weigh
from pipeline.media import MediaFacts
from pipeline.relevance import Wish
from pipeline.score import score
from tests.pipeline.scoring import GOOD_PHOTO, GOOD_SPEECH, PHOTO, RECORDING, RUBRIC, graded

BOX = Box(0, 0, 1, 1)
CLIP = MediaFacts("video", "mp4", 100_000, "2" * 64, width=1920, height=1080, duration_seconds=9.0)


def concepts(*labels: Label) -> Concepts:
    return Concepts(np.array([1, 0], np.float32), Cohort(0.1, 0.1), labels)


def page(text: str) -> PageText:
    return PageText((TextLine(tuple(Word(word, 0.9, BOX) for word in text.split()), BOX),))


def evidence(brief: JobBrief, facts: MediaFacts = PHOTO, **findings: Any) -> Evidence:
    subjects = tuple(replace(concepts(), embedding=np.array([0, 1], np.float32)) for _ in brief.requirements.must_show)
    return weigh(Findings(facts, Wish(concepts()), subjects, **findings), brief, RUBRIC, "conse")


def asking(description: str = "Anything at all.", **requirements: Any) -> JobBrief:
    return JobBrief(description=description, requirements=Requirements(**requirements))


@pytest.mark.parametrize(
    ("wanted", "read", "is_found"),
    [
        ("No smoking area", "Sorry, no smoking area here", True),
        ("No smoking area", "No smokimg area", True),
        ("No smoking area", "a", False),
        ("No smoking area", "no", False),
        ("No smoking area", "", False),
        ("MENU", "menu", True),
    ],
)
def test_a_text_is_found_as_a_whole(wanted: str, read: str, is_found: bool) -> None:
    brief = asking(must_contain_text=(wanted,))
    missing = evidence(brief, pages=(page(read),)).requirements.missing_text
    assert (missing == ()) is is_found


DOGS = "Photos of golden retrievers playing in a park"


@pytest.mark.parametrize(
    ("description", "read", "counts"),
    [
        (DOGS, "PHOTOS OF GOLDEN RETRIEVERS PLAYING IN A PARK", False),
        (DOGS, f"100 {DOGS}. Reward 25 credits. Accept", False),
        (DOGS, "Golden retrievers, 2 years old", True),
        (DOGS, " ".join(f"word{n} {word}" for n in range(9) for word in DOGS.split()), True),  # among many others
        ('A note that reads "we will meet by the sea tonight"', "We will meet by the sea tonight", True),
    ],
)
def test_the_description_itself_is_no_witness(description: str, read: str, counts: bool) -> None:
    found = evidence(JobBrief(description=description), pages=(page(read),), read=concepts())
    assert (found.match.read is not None) is counts


@pytest.mark.parametrize(
    ("wanted", "labels", "is_seen"),
    [
        ("cat", [Label("Egyptian cat", 0.6)], True),
        ("cat", [Label("Egyptian cat", 0.15), Label("Siamese cat, Siamese", 0.15)], True),
        ("Cat", [Label("cat", 0.3)], True),
        ("cat", [Label("catamaran", 0.9)], False),
        ("ring", [Label("syringe", 0.9)], False),
        ("cat", [Label("Egyptian cat", 0.02)], False),
        ("tiger", [Label("tiger cat", 0.9)], False),
        ("bee", [Label("bee eater", 0.9)], False),
    ],
)
def test_a_subject_is_known_by_whole_words_and_with_confidence(wanted: str, labels: list[Label], is_seen: bool) -> None:
    brief = asking(must_show=(wanted,))
    unseen = evidence(brief, concepts=(concepts(*labels),)).requirements.unseen
    assert (unseen == {}) is is_seen


def test_a_box_shows_its_subject() -> None:
    brief = asking(must_show=("face",))
    face = Detection("FACE_FEMALE", 0.8, BOX)
    for subject in ("face", "person", "People"):
        shown = evidence(asking(must_show=(subject,)), concepts=(concepts(),), detections=((face,),))
        assert shown.requirements.unseen == {}
    doubtful = replace(face, confidence=0.1)
    assert "face" in evidence(brief, concepts=(concepts(),), detections=((doubtful,),)).requirements.unseen


@pytest.mark.parametrize(("kind", "is_seen"), [("receipt", True), ("menu", False)])
def test_what_is_written_shows_its_subject(kind: str, is_seen: bool) -> None:
    receipt, menu = np.array([[0, 1]], np.float32), np.array([[1, 0]], np.float32)
    wanted = replace(concepts(), embedding=receipt[0], nearest_kind=1.0)
    read = replace(concepts(), kinds=(PageKind(kind, 0.9, receipt if kind == "receipt" else menu),))
    findings = Findings(
        PHOTO, Wish(concepts()), (wanted,), concepts=(concepts(),), pages=(page("TOTAL 8.61"),), read=read
    )
    found = weigh(findings, asking(must_show=("receipt",)), RUBRIC, "conse")
    assert (found.requirements.unseen == {}) is is_seen
    assert found.match.words_read == 2


def test_a_file_with_sound_only_is_no_video() -> None:
    sound = replace(RECORDING, format="webm")
    video = JobBrief(description="Film a dog that catches a ball.", content_type="video")
    result = score(replace(GOOD_SPEECH, facts=sound), video, RUBRIC)
    assert "requirements.format" in result.reasons
    assert "webm with audio only" in result.feedback
    assert "requirements.format" not in score(replace(GOOD_SPEECH, facts=CLIP), video, RUBRIC).reasons


@pytest.mark.parametrize(
    ("written", "code"),
    [("en", "en"), ("EN", "en"), ("deu", "de"), ("ger", "de"), ("jw", "jv"), ("pt-BR", "pt"), ("zh_Hant_TW", "zh")],
)
def test_a_language_is_known_by_any_of_its_codes(written: str, code: str) -> None:
    brief = asking(language=written)
    assert brief.requirements.language == code
    said = replace(GOOD_SPEECH, requirements=replace(GOOD_SPEECH.requirements, language=code))
    assert "requirements.language" not in score(said, brief, RUBRIC).reasons
    other = replace(GOOD_SPEECH, requirements=replace(GOOD_SPEECH.requirements, language="fr"))
    assert "requirements.language" in score(other, brief, RUBRIC).reasons
    unsure = replace(other, requirements=replace(other.requirements, language_confidence=0.4))
    assert "requirements.language" not in score(unsure, brief, RUBRIC).reasons
    silent = replace(other, requirements=replace(other.requirements, language=None, language_confidence=0.0))
    assert "requirements.language" in score(silent, brief, RUBRIC).reasons


def test_a_language_is_written_in_letters() -> None:
    with pytest.raises(ValidationError):
        Requirements(language="e1")


def test_nobody_speaks_in_a_picture() -> None:
    assert graded(GOOD_PHOTO, asking(language="en")).reasons == ()


def test_what_a_gate_kept_from_being_read_is_no_reason() -> None:
    brief = asking(min_width=2000, must_contain_text=("menu",), must_show=("cat",))
    found = evidence(brief, image=GOOD_PHOTO.image, concepts=(concepts(),))
    assert found.requirements.missing_text == ("menu",)
    assert score(found, brief, RUBRIC).reasons == ("requirements.min_width", "requirements.must_show", *_about(found))


def _about(found: Evidence) -> tuple[str, ...]:
    """What such a picture is told about its relevance."""
    told = score(found, asking(), RUBRIC).reasons
    return tuple(code for code in told if code.startswith("relevance."))


def transcript(text: str) -> Transcript:
    return Transcript((Segment(0.0, 1.0, text, (), 0.01, -0.2, 1.1),), "en", 0.9, 1.0)


@pytest.mark.parametrize(
    ("description", "facts", "said", "is_asked"),
    [
        ('Read aloud: "The pencils have all been used."', RECORDING, "Nothing of the kind.", True),
        ("Lesen Sie vor: „Die Stifte sind alle verbraucht“", RECORDING, "Etwas anderes.", True),
        ('The sentence is "The pencils have all been used."', RECORDING, "Nothing of the kind.", True),
        ('Review the film "The Lord of the Rings" in your own way.', RECORDING, "It is a long film.", False),
        ('Film the shop front with the sign "Open all day long" in view.', CLIP, "", False),
        ('Film a sign that says "Open all day long".', CLIP, "", False),
        ('Film the beach that lies behind the sign "Open all day long".', CLIP, "", False),
        ("Lies bitte vor: „Die Stifte sind alle verbraucht“", RECORDING, "Etwas anderes.", True),
        ('Stand at the door and say "Open all day long".', CLIP, "", True),
    ],
)
def test_only_what_is_to_be_said_counts_against_what_was_said(
    description: str, facts: MediaFacts, said: str, is_asked: bool
) -> None:
    brief = asking(description)
    match = evidence(brief, facts, transcript=transcript(said)).match
    assert match.script is not None
    assert (match.asked_script is not None) is is_asked
    result = score(replace(GOOD_SPEECH, match=match), brief, RUBRIC)
    assert ("relevance.wrong_words" in result.reasons) is is_asked
    assert ("audio.incomplete" in result.reasons) is is_asked
