import numpy as np
import pytest

from models.letterbox import Letterbox

LetterBox = pytest.importorskip("ultralytics.data.augment").LetterBox

SIZES = [(512, 512), (480, 640), (1080, 1920), (1920, 1080), (427, 640), (33, 47), (1, 3000), (3000, 7), (319, 321)]


@pytest.mark.parametrize("stride", [32, None])
@pytest.mark.parametrize(("height", "width"), SIZES)
def test_draws_the_pixels_that_ultralytics_draws(height: int, width: int, stride: int | None) -> None:
    view = np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8)
    expected = LetterBox((320, 320), auto=stride is not None, stride=32)(image=view)
    drawn = Letterbox.fit(width, height, (320, 320), stride).draw(view)
    np.testing.assert_array_equal(drawn, expected)


@pytest.mark.parametrize(
    ("size", "stride", "canvas"),
    [
        ((640, 480), 32, (320, 256)),
        ((1920, 1080), 32, (320, 192)),
        ((500, 500), 32, (320, 320)),
        ((640, 480), None, (320, 320)),
    ],
)
def test_padding_is_cut_to_the_stride(size: tuple[int, int], stride: int | None, canvas: tuple[int, int]) -> None:
    place = Letterbox.fit(*size, (320, 320), stride)
    assert (place.canvas_width, place.canvas_height) == canvas


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_the_place_of_the_picture_is_the_whole_picture(height: int, width: int) -> None:
    place = Letterbox.fit(width, height, (320, 320), 32)
    corners = np.array([[place.left, place.top, place.left + place.width, place.top + place.height]], np.float32)
    np.testing.assert_allclose(place.to_fractions(corners), [[0, 0, 1, 1]])
