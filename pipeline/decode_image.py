"""Pictures: upright, in sRGB, on white, no larger than the models need."""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, BinaryIO

import cv2
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import ExifTags, Image

from configs.settings import DecodeSettings
from pipeline.media import BROKEN_METADATA, DAMAGE, CorruptMedia, DecodedImage, MediaFacts, MediaTooLarge, Position
from pipeline.srgb import reduced, to_srgb

Pixels = NDArray[np.uint8]

_PLUGINS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "HEIF"}
"""Pillow's plugin for each format: only the one that the content calls for may parse it."""

_UPRIGHT: dict[int, Callable[[Pixels], Pixels]] = {
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.transpose(1, 0, 2),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: pixels[::-1, ::-1].transpose(1, 0, 2),
    8: lambda pixels: np.rot90(pixels),
}
"""What undoes each value of the EXIF tag Orientation (EXIF 2.32, 4.6.4)."""
_ON_ITS_SIDE = (5, 6, 7, 8)

pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False)
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)


def decode_image(stream: BinaryIO, facts: MediaFacts, limits: DecodeSettings) -> DecodedImage:
    """Decode the first picture of a JPEG, PNG, WebP or HEIC file.

    Returns:
        The view, uint8 RGB of shape (height, width, 3), long side at most `limits.view_pixels` (never enlarged);
        facts with the full size after rotation and the position from EXIF.

    Raises:
        MediaTooLarge: more than `limits.max_image_pixels` pixels.
        CorruptMedia: the picture is damaged or cut off.
    """
    try:
        return _decode(_open(stream, facts.format, limits), facts, limits.view_pixels)
    except Image.DecompressionBombError as error:
        raise MediaTooLarge(f"The picture has more than {limits.max_image_pixels:,} pixels.") from error
    except DAMAGE as error:
        raise CorruptMedia(f"The {facts.format.upper()} picture is damaged or cut off.") from error


def fit(size: tuple[int, int], long_side: int) -> tuple[int, int]:
    """Width and height scaled down until the longer is at most `long_side`; neither falls below 1."""
    scale = min(1.0, long_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _open(stream: BinaryIO, file_format: str, limits: DecodeSettings) -> Image.Image:
    with _pillow_limit(limits.max_image_pixels // 2):
        image = Image.open(stream, formats=(_PLUGINS[file_format],))
    if image.width * image.height > limits.max_image_pixels:
        raise Image.DecompressionBombError(f"{image.width} × {image.height}")
    return image


@contextmanager
def _pillow_limit(pixels: int) -> Iterator[None]:
    """Pillow's own limit, one for the process: it refuses more than twice `pixels`, WebP before it takes memory."""
    before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, pixels
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _decode(image: Image.Image, facts: MediaFacts, view_pixels: int) -> DecodedImage:
    width, height = image.size
    target = fit(image.size, view_pixels)
    orientation, position = _orientation(image), _captured_at(image)
    # The inverse DCT at 1/2, 1/4 or 1/8 of the size: 25 ms instead of 76 for 12 megapixels. JPEG alone, since
    # the HEIF plugin would deliver an embedded thumbnail, which need not show the same picture.
    if image.format in ("JPEG", "MPO"):
        image.draft(None, target)
    image.load()
    pixels = _resize(to_srgb(reduced(image, target)), target)
    if orientation in _UPRIGHT:
        pixels = _UPRIGHT[orientation](pixels)
    if orientation in _ON_ITS_SIDE:
        width, height = height, width
    return DecodedImage(replace(facts, width=width, height=height, position=position), np.ascontiguousarray(pixels))


def _resize(pixels: Pixels, target: tuple[int, int]) -> Pixels:
    if pixels.shape[1::-1] == target:
        return pixels
    return np.asarray(cv2.resize(pixels, target, interpolation=cv2.INTER_AREA), np.uint8)


def _orientation(image: Image.Image) -> int:
    """Of EXIF. Broken metadata is no reason to refuse a picture, and counts as none."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except BROKEN_METADATA:
        return 1


def _captured_at(image: Image.Image) -> Position | None:
    """Likewise, by itself: what is delivered stands upright also where the position is broken."""
    try:
        return _position(image.getexif().get_ifd(ExifTags.IFD.GPSInfo))
    except BROKEN_METADATA:
        return None


def _position(gps: Mapping[int, Any]) -> Position | None:
    latitude = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef) == "S")
    longitude = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef) == "W")
    # A comparison with NaN, which a zero denominator gives, is false.
    if abs(latitude) <= 90 and abs(longitude) <= 180:
        return Position(latitude, longitude)
    return None


def _degrees(degrees_minutes_seconds: Any, is_negative: bool) -> float:
    if degrees_minutes_seconds is None or len(degrees_minutes_seconds) != 3:
        return math.nan
    degrees, minutes, seconds = map(float, degrees_minutes_seconds)
    magnitude = degrees + minutes / 60 + seconds / 3600
    return -magnitude if is_negative else magnitude
