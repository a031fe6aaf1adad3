"""Pictures: every format and mode comes out upright, in sRGB, on white and no larger than asked."""

import hashlib
import io
import math

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageCms, ImageOps

from configs.settings import DecodeSettings
from pipeline.decode import decode
from pipeline.decode_image import fit
from pipeline.media import CorruptMedia, DecodedImage, MediaTooLarge, Position
from tests import media

LIMITS = DecodeSettings()
GREEN = np.full((64, 64, 3), (0, 200, 0), np.uint8)
ADOBE_RGB = ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446))


def decoded(data: bytes, limits: DecodeSettings = LIMITS) -> DecodedImage:
    image = decode(data, limits)
    assert isinstance(image, DecodedImage)
    return image


def saved(image: Image.Image, file_format: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def difference(view: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(view.astype(int) - expected).mean())


@pytest.mark.parametrize(("size", "long_side", "expected"), [
    ((4032, 3024), 2016, (2016, 1512)),
    ((640, 480), 2016, (640, 480)),
    ((100_000, 1), 2016, (2016, 1)),
    ((1, 100_000), 2016, (1, 2016)),
    ((3, 2), 1, (1, 1)),
])  # fmt: skip
def test_fit(size: tuple[int, int], long_side: int, expected: tuple[int, int]) -> None:
    assert fit(size, long_side) == expected


@pytest.mark.parametrize("file_format", media.IMAGE_FORMATS)
def test_every_format(file_format: str) -> None:
    photo = media.photo(size=(320, 240))
    data = media.image(file_format, photo, position=(-33.8568, 151.2153))
    image = decoded(data)
    facts = image.facts
    assert (facts.content_type, facts.format, facts.mime_type) == ("image", file_format, f"image/{file_format}")
    assert (facts.width, facts.height, facts.size_bytes) == (320, 240, len(data))
    assert facts.sha256 == hashlib.sha256(data).hexdigest()
    assert facts.position == Position(pytest.approx(-33.8568, abs=1e-5), pytest.approx(151.2153, abs=1e-5))
    assert image.view.flags.c_contiguous
    assert difference(image.view, photo) < 4


@pytest.mark.parametrize("file_format", media.IMAGE_FORMATS)
def test_large_picture_is_averaged_down(file_format: str) -> None:
    photo = media.photo(size=(640, 480))
    image = decoded(media.image(file_format, photo), DecodeSettings(view_pixels=280))
    assert image.view.shape == (210, 280, 3)
    assert (image.facts.width, image.facts.height) == (640, 480)
    expected = np.asarray(Image.fromarray(photo).resize((280, 210), Image.Resampling.BOX))
    assert difference(image.view, expected) < 4


def test_stripes_finer_than_the_view_turn_grey() -> None:
    stripes = np.zeros((1000, 1000, 3), np.uint8)
    stripes[:, ::2] = 255
    view = decoded(media.image("png", stripes), DecodeSettings(view_pixels=300)).view
    assert view.mean() == pytest.approx(127, abs=3)
    assert view.std() < 40  # picking every third column would leave 127


@pytest.mark.parametrize("file_format", media.IMAGE_FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation(orientation: int, file_format: str) -> None:
    stored = media.photo(size=(160, 96))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    expected = Image.fromarray(stored)
    expected.info["exif"] = exif.tobytes()
    image = decoded(media.image(file_format, stored, orientation))
    assert image.view.shape == ((160, 96, 3) if orientation > 4 else (96, 160, 3))
    assert (image.facts.height, image.facts.width) == image.view.shape[:2]
    assert difference(image.view, np.asarray(ImageOps.exif_transpose(expected))) < 5


@pytest.mark.parametrize("file_format", media.IMAGE_FORMATS)
@pytest.mark.parametrize("primaries", [media.DISPLAY_P3, ADOBE_RGB], ids=["Display P3", "Adobe RGB"])
def test_colours_are_managed(primaries: tuple[tuple[float, float, float], ...], file_format: str) -> None:
    photo = media.photo(size=(8, 6)).repeat(20, axis=0).repeat(20, axis=1)
    profile = media.colour_profile(primaries)
    expected = ImageCms.profileToProfile(
        Image.fromarray(photo), ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
    )
    view = decoded(media.image(file_format, photo, icc_profile=profile)).view
    assert difference(np.asarray(expected), photo) > 5
    assert difference(view, np.asarray(expected)) < 3


@pytest.mark.parametrize("profile", [
    ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    b"no profile at all",
    ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes(),
], ids=["sRGB", "broken", "of another colour space"])  # fmt: skip
def test_profile_without_effect(profile: bytes) -> None:
    np.testing.assert_array_equal(decoded(media.image("png", GREEN, icc_profile=profile)).view, GREEN)


def ramp_16_bit() -> Image.Image:
    return Image.fromarray(np.linspace(0, 65_535, 64 * 64, dtype=np.uint16).reshape(64, 64))


def with_alpha(mode: str) -> Image.Image:
    image = Image.new("RGBA", (64, 64), (200, 0, 0, 255))
    image.paste((0, 0, 0, 0), (32, 0, 64, 64))
    return image.convert(mode)


@pytest.mark.parametrize(("data", "left", "right"), [
    (saved(with_alpha("RGBA"), "PNG"), (200, 0, 0), (255, 255, 255)),
    (saved(with_alpha("RGBA"), "WEBP", lossless=True), (200, 0, 0), (255, 255, 255)),
    (saved(with_alpha("LA"), "PNG"), (60, 60, 60), (255, 255, 255)),
    (saved(with_alpha("P"), "PNG"), (200, 0, 0), (255, 255, 255)),
    (saved(Image.fromarray(GREEN), "PNG", transparency=(0, 200, 0)), (255, 255, 255), (255, 255, 255)),
    (saved(Image.fromarray(GREEN).convert("L"), "JPEG"), (117, 117, 117), (117, 117, 117)),
    (saved(Image.new("1", (64, 64), 1), "PNG"), (255, 255, 255), (255, 255, 255)),
    (saved(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG", quality=100), (255, 0, 0), (255, 0, 0)),
    (saved(Image.fromarray(GREEN).quantize(4), "PNG"), (0, 200, 0), (0, 200, 0)),
], ids=["RGBA", "WebP RGBA", "LA", "palette with alpha", "transparent colour", "grey", "bilevel",
        "CMYK", "palette"])  # fmt: skip
@pytest.mark.parametrize("view_pixels", [64, 16])
def test_modes(data: bytes, left: tuple[int, int, int], right: tuple[int, int, int], view_pixels: int) -> None:
    view = decoded(data, DecodeSettings(view_pixels=view_pixels)).view
    middle = view_pixels // 2
    np.testing.assert_allclose(view[middle, 2], left, atol=3)
    np.testing.assert_allclose(view[middle, -3], right, atol=3)


@pytest.mark.parametrize("view_pixels", [64, 16])
def test_16_bits_keep_their_range(view_pixels: int) -> None:
    view = decoded(saved(ramp_16_bit(), "PNG"), DecodeSettings(view_pixels=view_pixels)).view
    assert view[0, 0, 0] < 8
    assert view[-1, -1, 0] > 247
    assert int(view[view_pixels // 2, 0, 0]) == pytest.approx(128, abs=8)


@pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
def test_of_an_animation_the_first_frame(file_format: str) -> None:
    second = Image.fromarray(255 - GREEN)
    data = saved(
        Image.fromarray(GREEN), file_format, save_all=True, append_images=[second], duration=100, lossless=True
    )
    np.testing.assert_array_equal(decoded(data).view, GREEN)


@pytest.mark.parametrize(("position", "expected"), [
    ((52.520008, 13.404954), Position(52.520008, 13.404954)),
    ((-0.5, -179.999), Position(-0.5, -179.999)),
    ((91.0, 0.0), None),
    (None, None),
])  # fmt: skip
def test_position(position: tuple[float, float] | None, expected: Position | None) -> None:
    found = decoded(media.image("jpeg", GREEN, position=position)).facts.position
    if expected is None:
        assert found is None
    else:
        assert found is not None
        assert math.isclose(found.latitude_degrees, expected.latitude_degrees, abs_tol=1e-6)
        assert math.isclose(found.longitude_degrees, expected.longitude_degrees, abs_tol=1e-6)


def test_a_broken_position_leaves_the_orientation() -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    exif.get_ifd(ExifTags.IFD.GPSInfo).update({ExifTags.GPS.GPSLatitude: 52.5163, ExifTags.GPS.GPSLongitude: 13.3777})
    facts = decoded(saved(Image.fromarray(media.photo(size=(64, 48))), "JPEG", exif=exif.tobytes())).facts
    assert (facts.width, facts.height, facts.position) == (48, 64, None)


@pytest.mark.parametrize("file_format", media.IMAGE_FORMATS)
def test_cut_off(file_format: str) -> None:
    data = media.image(file_format, media.photo(size=(320, 240)))
    for share in (0.1, 0.5, 0.9, 0.97, 0.995):
        with pytest.raises(CorruptMedia, match="damaged or cut off"):
            decode(data[: int(share * len(data))], LIMITS)


def test_too_many_pixels() -> None:
    with pytest.raises(MediaTooLarge, match="more than 4,095 pixels"):
        decode(media.image("png", GREEN), DecodeSettings(max_image_pixels=4095))
    assert decode(media.image("png", GREEN), DecodeSettings(max_image_pixels=4096))


def test_too_many_bytes() -> None:
    with pytest.raises(MediaTooLarge, match="bytes"):
        decode(media.image("png", GREEN), DecodeSettings(max_size_bytes=100))


def test_same_bytes_same_view() -> None:
    data = media.image("jpeg", media.photo(size=(3000, 2000)), 6, icc_profile=media.colour_profile())
    np.testing.assert_array_equal(decoded(data).view, decoded(data).view)
