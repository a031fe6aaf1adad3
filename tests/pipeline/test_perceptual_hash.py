import numpy as np
import pytest

from pipeline.palette import color_palette
from pipeline.perceptual_hash import hash_text, perceptual_hash
from tests.pipeline.photos import PHOTOS, photo, resized


def distance(first: int, second: int) -> int:
    return (first ^ second).bit_count()


@pytest.mark.parametrize("name", PHOTOS)
def test_hash_survives_scaling_and_brightening(name: str) -> None:
    picture = photo(name)
    original = perceptual_hash(picture[:, :, 1])
    assert distance(original, perceptual_hash(resized(picture, 300)[:, :, 1])) <= 4
    assert distance(original, perceptual_hash(np.minimum(picture * 1.1, 255).astype(np.uint8)[:, :, 1])) <= 6


def test_different_photos_hash_far_apart() -> None:
    hashes = [perceptual_hash(photo(name)[:, :, 1]) for name in PHOTOS]
    assert min(distance(a, b) for i, a in enumerate(hashes) for b in hashes[:i]) >= 16


def test_half_of_the_bits_are_set_and_the_text_has_sixteen_digits() -> None:
    value = perceptual_hash(photo("coffee")[:, :, 1])
    assert value.bit_count() == 32
    assert hash_text(value) == f"{value:016x}"
    assert hash_text(0xABC) == "0000000000000abc"


def test_first_bit_is_the_mean_of_the_picture() -> None:
    """The highest bit stands for the DC coefficient, which exceeds the median of any bright picture."""
    assert perceptual_hash(photo("chelsea")[:, :, 1]) >> 63 == 1


def test_palette_names_the_colours_by_frequency() -> None:
    flag = np.zeros((64, 128, 3), np.uint8)
    flag[:32], flag[32:52], flag[52:] = (255, 0, 0), (0, 0, 255), (255, 255, 255)
    assert color_palette(flag) == ("#FF0000", "#0000FF", "#FFFFFF")


def test_palette_is_deterministic_and_bounded() -> None:
    coffee = photo("coffee")
    assert color_palette(coffee) == color_palette(coffee.copy())
    assert len(color_palette(coffee, 3)) == 3
    assert color_palette(np.full((1, 1, 3), 7, np.uint8)) == ("#070707",)
