"""Copies are found whatever a cheat does to them; different pictures and sounds stay apart."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from pipeline.duplicates import Fingerprint, find_duplicate, fingerprint, from_json, to_json
from pipeline.media import DecodedAudio, DecodedImage, MediaFacts
from tests.pipeline.photos import PHOTOS, Picture, photo
from tests.pipeline.scoring import RUBRIC

RULES = RUBRIC.duplicates


def of_picture(view: Picture, name: str = "a") -> Fingerprint:
    height, width = view.shape[:2]
    return fingerprint(DecodedImage(MediaFacts("image", "jpeg", 1, name, width, height), np.ascontiguousarray(view)))


def of_sound(samples: np.ndarray, name: str = "a") -> Fingerprint:
    return fingerprint(DecodedAudio(MediaFacts("audio", "wav", 1, name), samples.astype(np.float32), 0.0))


def recompressed(view: Picture) -> Picture:
    _, data = cv2.imencode(".jpg", view, [cv2.IMWRITE_JPEG_QUALITY, 40])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def cropped(view: Picture) -> Picture:
    height, width = view.shape[:2]
    return view[int(height * 0.04) : int(height * 0.96), int(width * 0.04) : int(width * 0.97)]


CHEATS: dict[str, Callable[[Picture], Picture]] = {
    "the same": lambda view: view,
    "scaled": lambda view: np.asarray(cv2.resize(view, None, fx=0.6, fy=0.6), np.uint8),
    "recompressed": recompressed,
    "cropped": cropped,
    "brighter": lambda view: np.clip(view * 1.12 + 6, 0, 255).astype(np.uint8),
}


@pytest.mark.parametrize("name", PHOTOS)
@pytest.mark.parametrize("cheat", CHEATS)
def test_a_copy_is_found_among_other_pictures(name: str, cheat: str) -> None:
    earlier = [of_picture(photo(other), other) for other in PHOTOS]
    match = find_duplicate(of_picture(CHEATS[cheat](photo(name)), "copy"), earlier, RULES)
    assert match is not None
    assert list(PHOTOS)[match.index] == name


@pytest.mark.parametrize("name", PHOTOS)
def test_a_new_picture_is_no_copy(name: str) -> None:
    earlier = [of_picture(photo(other), other) for other in PHOTOS if other != name]
    assert find_duplicate(of_picture(photo(name)), earlier, RULES) is None


def test_the_same_bytes_are_a_copy_even_of_a_blank_picture() -> None:
    blank = of_picture(np.zeros((64, 64, 3), np.uint8), "same")
    assert find_duplicate(blank, [blank], RULES) is not None


def sound(seed: int) -> np.ndarray:
    """Notes of random pitch and length, different for every seed."""
    rng = np.random.default_rng(seed)
    notes = [
        np.sin(2 * np.pi * rng.uniform(300, 2500) * np.arange(rng.integers(2000, 6000)) / 16_000) for _ in range(20)
    ]
    return np.concatenate(notes) * 0.3


def test_a_quieter_noisier_recording_is_a_copy_and_another_is_not() -> None:
    noise = np.random.default_rng(9).normal(0, 0.002, len(sound(1)))
    earlier = [of_sound(sound(2), "b"), of_sound(sound(1), "c")]
    match = find_duplicate(of_sound(sound(1) * 0.5 + noise, "copy"), earlier, RULES)
    assert match is not None
    assert match.index == 1
    assert find_duplicate(of_sound(sound(3), "new"), earlier, RULES) is None


def test_fingerprints_survive_the_database() -> None:
    print_ = of_picture(photo("coffee"))
    again = from_json(to_json(print_))
    assert again.pictures[0].hash == print_.pictures[0].hash
    assert np.array_equal(again.pictures[0].thumbnail, print_.pictures[0].thumbnail)
