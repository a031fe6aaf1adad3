"""What a job quotes to be said, and how a recording follows it."""

import pytest

from pipeline.media import ContentType
from pipeline.script import Script, match_script, script_of

SENTENCE = "Sunday is the best part of the week."


@pytest.mark.parametrize(
    ("description", "readings"),
    [
        ('Record yourself reading aloud: "The pencils have all been used."', ["The pencils have all been used."]),
        ("Read “drop the two when you add” twice.", ["drop the two when you add"]),
        ('Say "hello".', None),
        ("Read any short poem.", None),
        ('Say "yes" and then "one two three four".', ["one two three four"]),
        ('Read these: "It is warm." "The sea is blue." "We go home."', ["It is warm. The sea is blue. We go home."]),
        ('Read one of these sentences: "It is warm." or "We go home."', ["It is warm.", "We go home."]),
        ('Say "turn the lights on" or "turn the lights off".', ["turn the lights on", "turn the lights off"]),
        (f'Record yourself reading: "{SENTENCE}"', [SENTENCE]),
        (f'Recordings of native speakers saying "{SENTENCE}"', [SENTENCE]),
        (f"Read aloud: '{SENTENCE}'", [SENTENCE]),
        ("Say ‘don’t stop me now’ loudly.", ["don’t stop me now"]),
        (f'Read the sentence.\n\n"{SENTENCE}"', [SENTENCE]),
        (f'We call it "The Voices of the World". Please read "{SENTENCE}" aloud.', [SENTENCE]),
        (f'For our project called "The Voices of the World", please read "{SENTENCE}"', [SENTENCE]),
        ('Read one aloud:\n1. "It is warm today."\n2. "We all go home."', ["It is warm today. We all go home."]),
        (
            'Read one of these aloud:\n1. "It is warm today."\n2. "We all go home."',
            ["It is warm today.", "We all go home."],
        ),
        (
            'Read aloud. Sentence A: "It is warm today." Sentence B: "We all go home."',
            ["It is warm today.", "We all go home."],
        ),
        ('Read any sentence: "It is warm today.", "We all go home."', ["It is warm today.", "We all go home."]),
        ('Read both: "It is warm today." and then "We all go home."', ["It is warm today. We all go home."]),
        ("Läs högt: ”Det är varmt idag”", ["Det är varmt idag"]),
        ("Lies bitte: ‚Heute ist es warm.‘", ["Heute ist es warm."]),
    ],
)
def test_what_a_job_of_sound_wants_read(description: str, readings: list[str] | None) -> None:
    assert script_of(description, "audio") == (None if readings is None else Script(tuple(readings), is_asked=True))


@pytest.mark.parametrize(
    ("description", "content_type", "is_asked"),
    [
        ('Photos of signs that say "no entry after dark"', "image", False),
        ('Record this sentence: "we will meet again"', "audio", True),
        ('Photos of a sign with the words "we will meet again"', "image", False),
        ('Film your cat. Do not speak. We use it in "The Secret Life of Pets".', "video", False),
        ('Film yourself and say "we will meet again".', "video", True),
        ('Film your dog. Say "sit down now please" to it.', "video", True),
        ('Film yourself saying "we will meet again".', "video", True),
        ('Film a cake with a note saying "happy birthday dear Anna".', "video", False),
        ('Video of someone reading "The Little Prince".', "video", False),
        ('Two people speaking about "life in the city".', "audio", False),
        ('Record rain. Nobody may speak or read. We call it "sounds of the city".', "audio", False),
    ],
)
def test_whether_it_is_asked_to_be_said(description: str, content_type: ContentType, is_asked: bool) -> None:
    script = script_of(description, content_type)
    assert script is not None
    assert script.is_asked is is_asked


@pytest.mark.parametrize(
    ("script", "transcript", "precision", "recall"),
    [
        ("one two three four", "One, two, three, four!", 1.0, 1.0),
        ("one two three four", "one two", 1.0, 0.5),
        ("one two three four", "one two five six", 0.5, 0.5),
        ("one two three four", "", 0.0, 0.0),
        ("seven three nine two", "7, 3, 9, 2.", 1.0, 1.0),
        ("call five five five twelve", "Call 555-12", 1.0, 1.0),
        ("on March third at ten", "On March 3rd at 10.", 1.0, 1.0),
        ("twenty-one or one hundred twenty three", "21 or 123", 1.0, 1.0),
        ("two zero one", "201", 1.0, 1.0),
        ("don’t stop me now", "Don't stop me now", 1.0, 1.0),
        ("cafe\u0301 au lait", "café au lait", 1.0, 1.0),
        ("今天天气很好，我们去公园散步。", "今天天气很好我们去公园散步", 1.0, 1.0),
        ("今天天气很好", "今天天气不好", 5 / 6, 5 / 6),
        ("नमस्ते और स्वागत है", "नमस्ते और स्वागत है", 1.0, 1.0),
        # What is said around the script, or once more, is no fault.
        ("turn the lights on", "My name is Ada and I live in Berlin. Turn the lights on.", 1.0, 1.0),
        ("turn the lights on", "Turn the lights on. Turn the lights on. Turn the lights on.", 1.0, 1.0),
        # Another text is one, however long it is.
        ("we meet by the sea", "the cat and the dog play by a tree in the sun", 0.4, 0.4),
    ],
)
def test_scripts_are_compared_word_by_word(script: str, transcript: str, precision: float, recall: float) -> None:
    found = match_script(Script((script,), is_asked=True), transcript)
    assert (found.precision, found.recall) == pytest.approx((precision, recall))


def test_of_alternatives_the_one_that_was_read_counts() -> None:
    script = Script(("it is warm today", "we all go home"), is_asked=True)
    found = match_script(script, "We all go home.")
    assert (found.precision, found.recall) == (1.0, 1.0)
