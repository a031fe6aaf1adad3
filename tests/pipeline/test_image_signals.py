import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.image_signals import ImageSignals, measure_blur, measure_image, measure_noise, median_signals
from tests.pipeline.photos import PHOTOS, blurred, darkened, noisy, photo, resized


@pytest.mark.parametrize(("sigma", "noise"), [(1.5, 0), (3.0, 0), (6.0, 0), (12.0, 0), (1.5, 5), (3.0, 5), (6.0, 3)])
def test_blur_is_the_sigma_of_an_edge(sigma: float, noise: float) -> None:
    stripes = np.full((512, 512), 60, np.float32)
    stripes[:, np.arange(512) // 64 % 2 == 1] = 190
    picture = cv2.GaussianBlur(stripes, (0, 0), sigma) + np.random.default_rng(0).normal(0, noise, stripes.shape)
    assert measure_blur(picture.astype(np.uint8), noise) == pytest.approx(sigma, rel=0.15)


@pytest.mark.parametrize("sigma", [4.0, 8.0, 20.0, 40.0])
def test_noise_is_the_deviation_of_white_noise(sigma: float) -> None:
    luma = np.random.default_rng(1).normal(128, sigma, (400, 500)).clip(0, 255).astype(np.uint8)
    assert measure_noise(luma) == pytest.approx(sigma, rel=0.05)


@pytest.mark.parametrize("name", PHOTOS)
def test_each_signal_follows_what_spoils_the_photo(name: str) -> None:
    picture = photo(name)
    blurs = [measure_image(blurred(picture, share)).blur_pixels for share in (0.0, 0.005, 0.012, 0.03)]
    noises = [measure_image(noisy(picture, sigma)).noise_level for sigma in (0, 22, 50, 100)]
    whites = [measure_image(darkened(picture, factor)).white_level for factor in (1, 0.2, 0.06, 0.012)]
    assert blurs == sorted(blurs)
    assert blurs[-1] > 10
    assert noises == sorted(noises)
    assert noises[-1] > 30
    assert whites == sorted(whites, reverse=True)
    assert whites[-1] < 40


@pytest.mark.parametrize("name", PHOTOS)
def test_texture_is_not_noise_and_noise_is_not_sharpness(name: str) -> None:
    picture = photo(name)
    clean = measure_image(picture)
    assert clean.noise_level < 4
    blurred_and_noisy = measure_image(noisy(blurred(picture, 0.03), 8))
    assert blurred_and_noisy.blur_pixels > clean.blur_pixels + 4


def test_darkness_does_not_look_like_blur() -> None:
    picture = photo("coffee")
    assert measure_image(darkened(picture, 0.06)).blur_pixels == pytest.approx(
        measure_image(picture).blur_pixels, abs=0.2
    )


def test_a_photo_measures_alike_at_phone_and_web_size() -> None:
    """The picture is the same, so blur and light are."""
    picture = photo("astronaut")
    web, phone = (
        measure_image(resized(blurred(picture, 0.01), 512)),
        measure_image(resized(blurred(picture, 0.01), 2016)),
    )
    assert phone.blur_pixels == pytest.approx(web.blur_pixels, rel=0.1)
    assert phone.mean_level == pytest.approx(web.mean_level, abs=1)
    assert phone.white_level == pytest.approx(web.white_level, abs=3)


def test_shares_of_clipped_pixels() -> None:
    picture = np.full((100, 100, 3), 128, np.uint8)
    picture[:20], picture[90:] = 0, 255
    signals = measure_image(resized(picture, 512))
    assert signals.shadows_clipped == pytest.approx(0.2, abs=0.02)
    assert signals.highlights_clipped == pytest.approx(0.1, abs=0.02)
    assert signals.median_level == pytest.approx(128, abs=1)


def test_a_blank_picture_has_no_edges() -> None:
    assert measure_image(np.full((300, 400, 3), 255, np.uint8)).blur_pixels == 32


@settings(max_examples=40, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 70), st.integers(1, 70), st.just(3))))
def test_any_picture_has_finite_signals_in_range(picture: np.ndarray) -> None:
    signals = measure_image(picture)
    assert 0 <= signals.blur_pixels <= 32
    assert 0 <= signals.noise_level <= 255
    assert 0 <= signals.black_level <= signals.median_level <= signals.white_level <= 255
    assert 0 <= signals.shadows_clipped <= 1
    assert 0 <= signals.highlights_clipped <= 1


def test_median_signals_forgive_one_bad_frame() -> None:
    good, bad = (ImageSignals(value, value, value, value, value, value, 0, 0) for value in (1.0, 30.0))
    assert median_signals([good, bad, good]) == good
