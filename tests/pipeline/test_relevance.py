"""Matching: standard scores, scripts, required texts, places."""

from dataclasses import replace

import numpy as np
import pytest

from models.outputs import Cohort, Concepts, PageKind
from pipeline.brief import Place
from pipeline.decision import Decision, decide
from pipeline.findings import distance_km, whereabouts
from pipeline.keywords import keywords
from pipeline.media import Position
from pipeline.relevance import (
    Calibration,
    Wish,
    match_probability,
    page_matches,
    page_probability,
    standard_score,
    wish_score,
)


def concepts(angle_degrees: float, mean: float, deviation: float) -> Concepts:
    angle = np.deg2rad(angle_degrees)
    return Concepts(np.array([np.cos(angle), np.sin(angle)], np.float32), Cohort(mean, deviation))


@pytest.mark.parametrize(
    ("cohort", "expected"),
    [("description", (0.5 - 0.2) / 0.1), ("item", (0.5 - 0.1) / 0.2)],
)
def test_a_cosine_is_measured_against_the_cohort_of_the_calibration(cohort: str, expected: float) -> None:
    item, description = concepts(60, 0.1, 0.2), concepts(0, 0.2, 0.1)
    calibration = Calibration.model_validate({"cohort": cohort, "midpoint": 3, "slope": 2, "unfamiliar_below": 0})
    assert standard_score(item, description, calibration) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    ("nearest", "expected"),
    [
        (0.8, 0.8),  # the description names the broader term
        (0.9, 0.7),  # it is a little more like another word
        (1.0, 0.6),
        (1.2, 0.5),  # it is about something else: the picture's own cosine counts
    ],
)
def test_a_broader_term_counts_as_far_as_the_description_means_it(nearest: float, expected: float) -> None:
    item, description = concepts(60, 0.1, 0.2), concepts(0, 0.2, 0.1)
    calibration = Calibration(cohort="description", midpoint=3, slope=2, unfamiliar_below=0)
    broader = np.array([[0.8, 0.6], [0.3, np.sqrt(1 - 0.3**2)]], np.float32)
    found = standard_score(replace(item, broader=broader), replace(description, nearest=nearest), calibration)
    assert found == pytest.approx((expected - 0.2) / 0.1, abs=1e-4)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((), 3.0),
        ((90,), 3.0 / 2 - 2.0 / 2),  # one that the item is unlike
        ((0, 90), (3.0 + 8.0) / 2),  # the one that it is most like counts as much as the whole
    ],
)
def test_a_description_counts_as_a_whole_and_by_its_best_part(parts: tuple[int, ...], expected: float) -> None:
    item, whole = concepts(0, 0.1, 0.2), concepts(60, 0.2, 0.1)
    wish = Wish(whole, tuple(concepts(angle, 0.2, 0.1) for angle in parts))
    calibration = Calibration(cohort="description", midpoint=3, slope=2, unfamiliar_below=0)
    assert wish_score(item, wish, calibration) == pytest.approx(expected, abs=1e-5)


def test_a_wish_is_as_familiar_as_the_best_known_of_its_subjects() -> None:
    whole = concepts(0, 0.2, 0.1)
    subjects = tuple(replace(whole, nearest=nearest) for nearest in (0.4, 0.7, 0.2))
    assert Wish(whole, subjects=subjects).familiarity == 0.7
    assert Wish(replace(whole, nearest=0.3)).familiarity == 1.0


@pytest.mark.parametrize(("nearest", "familiarity"), [(0.9, 0.0), (1.0, 1.0)])
def test_in_another_language_only_the_very_name_of_a_thing_is_known(nearest: float, familiarity: float) -> None:
    whole = concepts(0, 0.2, 0.1)
    phrase, last = replace(whole, nearest=nearest), replace(whole, nearest=1.0)
    assert Wish(whole, subjects=(phrase, last), named=((phrase, last),), is_foreign=True).familiarity == familiarity


READING = Calibration(cohort="description", midpoint=3, slope=2, unfamiliar_below=0, asked_kind=0.7, asked_page=0.8)


def test_a_text_is_what_its_likely_kinds_are() -> None:
    menu, receipt = (np.array([row], np.float32) for row in ((1, 0), (0, 1)))
    kinds = (PageKind("menu", 0.7, menu), PageKind("receipt", 0.2, receipt), PageKind("other", 0.1, menu[:0]))
    read = replace(concepts(45, 0.1, 0.1), kinds=kinds)
    whole = replace(concepts(0, 0.2, 0.1), nearest_kind=1.0)
    matches = page_matches(read, Wish(whole, named=((whole, whole),)), READING)
    # A receipt is as unlike a menu as can be, and the description names another word than "receipt" with a cosine of 1.
    assert [(match.kind, match.standard) for match in matches] == [
        ("menu", pytest.approx((1.0 - 0.2) / 0.1, abs=1e-4)),
        ("receipt", pytest.approx((0.0 - 1.0 - 0.2) / 0.1, abs=1e-4)),
    ]
    assert page_probability(matches, READING) == pytest.approx(0.7, abs=1e-3)


@pytest.mark.parametrize(
    ("named", "is_asked"),
    [
        ([(0.6, 0.8)], True),  # coffee shop menus, menus
        ([(0.5, 0.8)], False),  # Pokémon cards, cards
        ([(0.1, 0.1), (0.7, 0.71)], True),  # of alternatives one is enough
        ([], False),
    ],
)
def test_what_a_text_stands_on_counts_where_something_to_read_is_asked_for(
    named: list[tuple[float, float]], is_asked: bool
) -> None:
    whole = concepts(0, 0.2, 0.1)
    phrases = tuple((replace(whole, nearest_kind=one), replace(whole, nearest_kind=last)) for one, last in named)
    read = replace(whole, kinds=(PageKind("menu", 1.0, whole.embedding[None]),))
    assert bool(page_matches(read, Wish(whole, named=phrases), READING)) == is_asked
    assert page_matches(None, Wish(whole, named=phrases), READING) == ()
    other_encoder = Calibration(cohort="item", midpoint=3, slope=2, unfamiliar_below=0)
    assert page_matches(read, Wish(whole, named=phrases), other_encoder) == ()


def test_all_that_is_asked_for_has_many_words() -> None:
    whole = concepts(0, 0.2, 0.1)
    letter, tattoo = replace(whole, nearest_wordy=0.9), replace(whole, nearest_wordy=0.3)
    assert Wish(whole, named=((letter, letter),)).nearest_wordy == pytest.approx(0.9)
    assert Wish(whole, named=((letter, letter), (tattoo, letter))).nearest_wordy == pytest.approx(0.6)
    assert Wish(whole).nearest_wordy == 0


@pytest.mark.parametrize(("standard", "probability"), [(3.0, 0.5), (3.5, 0.731), (-1e6, 0.0), (1e6, 1.0)])
def test_the_curve_is_logistic(standard: float, probability: float) -> None:
    calibration = Calibration(cohort="item", midpoint=3, slope=2, unfamiliar_below=0)
    assert match_probability(standard, calibration) == pytest.approx(probability, abs=1e-3)


def test_distance_is_the_great_circle() -> None:
    berlin, hamburg = Position(52.5200, 13.4050), Place(lat=53.5511, lng=9.9937, radius_km=10)
    assert distance_km(berlin, hamburg) == pytest.approx(255, abs=2)
    assert distance_km(None, hamburg) is None


@pytest.mark.parametrize(("distance", "expected"), [(9.9, "within"), (10.1, "outside"), (None, "unverified")])
def test_a_capture_is_within_or_outside_of_a_place_or_unverified(distance: float | None, expected: str) -> None:
    assert whereabouts(distance, Place(lat=53.5511, lng=9.9937, radius_km=10)) == expected
    assert whereabouts(distance, None) is None


@pytest.mark.parametrize(
    ("stars", "attempt", "expected"),
    [
        (5, 1, Decision("approved", False)),
        (3, 2, Decision("approved", False)),
        (2, 1, Decision("retry_pending", False)),
        (2, 2, Decision("rejected", False)),
        (1, 1, Decision("rejected", True)),
        (None, 1, Decision("needs_review", False)),
    ],
)
def test_stars_decide(stars: int | None, attempt: int, expected: Decision) -> None:
    assert decide(stars, min_star_rating=3, attempt=attempt) == expected


def test_keywords_are_phrases_between_stop_words() -> None:
    found = keywords("The quick brown fox jumps over the lazy dog, and the lazy dog sleeps.")
    assert "lazy dog" in found
    assert "the" not in found
