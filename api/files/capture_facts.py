"""What of a picture's EXIF goes to the client: how it was taken, not by whom, and where only if the job says so."""

import warnings
from typing import Any

from PIL import ExifTags, Image

from pipeline.media import BROKEN_METADATA

_BASE = ExifTags.Base
_CAMERA = (
    _BASE.Make, _BASE.Model, _BASE.Software, _BASE.DateTime, _BASE.XResolution, _BASE.YResolution,
    _BASE.ResolutionUnit,
)  # fmt: skip
_CAPTURE = (
    _BASE.ExposureTime, _BASE.FNumber, _BASE.ExposureProgram, _BASE.ISOSpeedRatings, _BASE.SensitivityType,
    _BASE.ExifVersion, _BASE.DateTimeOriginal, _BASE.DateTimeDigitized, _BASE.OffsetTime, _BASE.OffsetTimeOriginal,
    _BASE.OffsetTimeDigitized, _BASE.SubsecTime, _BASE.SubsecTimeOriginal, _BASE.SubsecTimeDigitized,
    _BASE.ShutterSpeedValue, _BASE.ApertureValue, _BASE.BrightnessValue, _BASE.ExposureBiasValue,
    _BASE.MaxApertureValue, _BASE.SubjectDistance, _BASE.MeteringMode, _BASE.LightSource, _BASE.Flash,
    _BASE.FocalLength, _BASE.ColorSpace, _BASE.SensingMethod, _BASE.ExposureMode, _BASE.WhiteBalance,
    _BASE.DigitalZoomRatio, _BASE.FocalLengthIn35mmFilm, _BASE.SceneCaptureType, _BASE.GainControl, _BASE.Contrast,
    _BASE.Saturation, _BASE.Sharpness, _BASE.LensMake, _BASE.LensModel,
)  # fmt: skip
"""Named rather than excluded: a position also hides in maker notes, in XMP and IPTC inside of EXIF, and in remarks."""


def capture_facts(image: Image.Image, *, keep_location: bool) -> bytes | None:
    """An EXIF block (`Exif`, two zeros, TIFF) with what is worth keeping, without the orientation.

    Returns:
        `None` when there is nothing, or nothing that can be read.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            return _kept(image.getexif(), keep_location)
    except BROKEN_METADATA:
        return None


def orientation(image: Image.Image) -> int:
    """The EXIF tag Orientation, 1 when there is none that can be read."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return int(image.getexif().get(_BASE.Orientation, 1))
    except BROKEN_METADATA:
        return 1


def _kept(exif: Image.Exif, keep_location: bool) -> bytes | None:
    kept, capture = Image.Exif(), exif.get_ifd(ExifTags.IFD.Exif)
    kept.update({tag: exif[tag] for tag in _CAMERA if tag in exif})
    groups: dict[int, dict[int, Any]] = {ExifTags.IFD.Exif: {tag: capture[tag] for tag in _CAPTURE if tag in capture}}
    if keep_location:
        groups[ExifTags.IFD.GPSInfo] = exif.get_ifd(ExifTags.IFD.GPSInfo)
    for group, values in groups.items():
        if values:
            kept.get_ifd(group).update(values)
    return kept.tobytes() if len(kept) or any(groups.values()) else None
