from dataclasses import fields
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.image_quality import Curve, ImageQuality, image_quality
from pipeline.image_signals import measure_image
from tests.pipeline import scoring
from tests.pipeline.photos import PHOTOS, Picture, blurred, darkened, noisy, photo, resized

RUBRIC = scoring.RUBRIC.image_quality
SPOILED = {
    "blur": [lambda p, x=x: blurred(p, x) for x in (0.002, 0.005, 0.012, 0.03)],
    "dark": [lambda p, x=x: darkened(p, x) for x in (0.5, 0.2, 0.06, 0.012)],
    "noise": [lambda p, x=x: noisy(p, x) for x in (8, 22, 50, 100)],
    "small": [lambda p, x=x: resized(p, x) for x in (256, 160, 96, 48)],
}


def grade(picture: Picture) -> ImageQuality:
    return image_quality(measure_image(picture), picture.shape[1], picture.shape[0], RUBRIC)


@pytest.mark.parametrize("kind", SPOILED)
@pytest.mark.parametrize("name", PHOTOS)
def test_quality_falls_with_every_step(name: str, kind: str) -> None:
    picture = resized(photo(name), 500)
    grades = [grade(picture).overall, *(grade(spoil(picture)).overall for spoil in SPOILED[kind])]
    assert all(better > worse for better, worse in pairwise(grades)), grades
    assert grades[0] >= 3.5
    assert grades[1] >= 3
    assert grades[-1] <= 2


def test_a_page_of_text_and_a_shallow_focus_are_fine() -> None:
    coffee = photo("coffee")
    shallow = blurred(coffee, 0.02)
    shallow = shallow.copy()
    shallow[150:300, 200:400] = coffee[150:300, 200:400]
    assert grade(shallow).overall >= 3.5


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_blank_picture_is_worth_nothing(level: int) -> None:
    assert grade(resized(photo("coffee") * 0 + level, 500)).overall < 1.2


def test_each_grade_is_half_at_the_half_of_its_curve() -> None:
    assert [Curve(half=5, power=2).falling(5), Curve(half=5, power=2).rising(5)] == [0.5, 0.5]
    assert [Curve(half=5, power=2).falling(0), Curve(half=5, power=2).rising(0)] == [1, 0]


@given(st.floats(0, 1e4), st.floats(0.1, 100), st.floats(0.5, 4))
def test_a_curve_stays_in_its_range_and_never_rises(value: float, half: float, power: float) -> None:
    curve = Curve(half, power)
    assert 0 <= curve.falling(value) <= 1
    assert curve.falling(value + 1) <= curve.falling(value)


@pytest.mark.parametrize(("half", "power"), [(0, 1), (-1, 1), (1, 0)])
def test_a_curve_refuses_what_is_no_curve(half: float, power: float) -> None:
    with pytest.raises(ValueError, match="half > 0 and power > 0"):
        Curve(half, power)


def test_grades_lie_between_zero_and_one() -> None:
    quality = grade(photo("chelsea"))
    grades = [getattr(quality, field.name) for field in fields(quality) if field.name != "overall"]
    assert all(0 <= value <= 1 for value in grades)
