"""How far two models say the same, and what no working model says."""

import math
from typing import Any

import numpy as np
import pytest

from configs.settings import Role
from models.outputs import (
    AudioQuality,
    Box,
    Cohort,
    Concepts,
    Detection,
    Label,
    PageText,
    Segment,
    TextLine,
    Transcript,
    Word,
)
from serve.agreement import agreement, compared, flaw

LEFT, RIGHT, MOST_OF_LEFT = Box(0, 0, 0.4, 1), Box(0.6, 0, 1, 1), Box(0, 0, 0.3, 1)


def found(label: str, box: Box, confidence: float = 0.9) -> Detection:
    return Detection(label, confidence, box)


def concepts(*numbers: float, labels: tuple[str, ...] = ()) -> Concepts:
    vector = np.array(numbers, np.float32)
    return Concepts(vector / np.linalg.norm(vector), Cohort(0, 1), tuple(Label(name, 0.5) for name in labels))


def page(text: str, confidence: float = 0.9) -> PageText:
    words = tuple(Word(word, confidence, LEFT) for word in text.split())
    return PageText((TextLine(words, LEFT),))


def heard(text: str) -> Transcript:
    return Transcript((Segment(0, 1, text, (), 0.0, -0.1, 1.0),), "en", 1.0, 1.0)


def quality(overall: float) -> AudioQuality:
    return AudioQuality(3.0, 3.0, overall, -20, 30, 0.5, 0)


@pytest.mark.parametrize(
    ("role", "one", "other", "expected"),
    [
        ("detector", (), (), 1.0),
        ("detector", (found("cat", LEFT),), (), 0.0),
        ("detector", (found("cat", LEFT),), (found("cat", MOST_OF_LEFT),), 1.0),
        ("detector", (found("cat", LEFT),), (found("dog", LEFT),), 0.0),
        ("detector", (found("cat", LEFT),), (found("cat", RIGHT),), 0.0),
        ("detector", (found("cat", LEFT), found("cat", LEFT)), (found("cat", LEFT),), 2 / 3),
        ("concepts", concepts(1, 0), concepts(1, 1), math.sqrt(0.5)),
        ("concepts", concepts(1, 0), concepts(-1, 0), 0.0),
        ("concepts", concepts(1, 0, labels=("a", "b")), concepts(1, 0, 0, labels=("b", "c")), 1 / 3),
        ("text", page("Soup 6.80"), page("SOUP6.80"), 1.0),
        ("text", page("abcd"), page("abxd"), 0.75),
        ("text", page(""), page(""), 1.0),
        ("speech", heard("The quick, brown fox."), heard("the quick brown fox"), 1.0),
        ("speech", heard("one two three four"), heard("one two three for"), 0.75),
        ("audio_quality", quality(4.0), quality(3.0), 0.75),
    ],
)
def test_agreement(role: Role, one: Any, other: Any, expected: float) -> None:
    assert agreement(role, one, other) == pytest.approx(expected)
    assert agreement(role, other, one) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("role", "one", "other", "expected"),
    [
        ("detector", (), (), None),
        ("detector", (found("cat", LEFT),), (), 0.0),
        ("text", page(""), page(""), None),
        ("speech", heard(" "), heard(""), None),
        ("audio_quality", quality(3.0), quality(3.0), 1.0),
        (
            "concepts",
            concepts(1, 0),
            concepts(1, 0, 0),
            None,
        ),  # sentences say nothing of pictures
        ("concepts", concepts(1, 0), concepts(1, 0, 0, labels=("cat",)), 0.0),
    ],
)
def test_two_that_found_nothing_prove_nothing(role: Role, one: Any, other: Any, expected: float | None) -> None:
    assert compared(role, one, other) == expected


@pytest.mark.parametrize(
    ("role", "output", "complaint"),
    [
        ("detector", (found("cat", LEFT),), None),
        ("detector", (found("cat", LEFT, 7.0),), "outside of 0 to 1"),
        ("detector", (found("cat", LEFT, math.nan),), "numbers that are none"),
        ("concepts", concepts(1, -1, labels=("a",)), None),
        ("text", page("Soup", math.inf), "numbers that are none"),
        ("text", page(""), None),
        ("speech", heard("hello"), None),
        ("audio_quality", quality(4.0), None),
        ("audio_quality", quality(9.0), "outside of 1 to 5"),
    ],
)
def test_flaws(role: Role, output: Any, complaint: str | None) -> None:
    said = flaw(role, output)
    assert said is None if complaint is None else said is not None and complaint in said
