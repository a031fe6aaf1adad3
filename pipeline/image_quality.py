"""Grades of a picture from its measurements, by the thresholds of `rubric.yaml`."""

import math
from dataclasses import dataclass

from pipeline.image_signals import ImageSignals


@dataclass(frozen=True, slots=True)
class Curve:
    """A Hill curve (Hill 1910): 0.5 at `half`, steeper with `power`, never flat, so grades never tie."""

    half: float
    """In the unit of the measurement."""
    power: float

    def __post_init__(self) -> None:
        if self.half <= 0 or self.power <= 0:
            raise ValueError(f"a curve has half > 0 and power > 0, got half {self.half} and power {self.power}")

    def falling(self, value: float) -> float:
        """1 at 0, towards 0 as the value grows; the value is at least 0."""
        return 1 / (1 + math.pow(value / self.half, self.power))

    def rising(self, value: float) -> float:
        """0 at 0, towards 1 as the value grows; the value is at least 0."""
        return 1 - self.falling(value)


@dataclass(frozen=True, slots=True)
class QualityRubric:
    """Where each measurement of a picture is half as good as it could be; section `image_quality` of the rubric."""

    sharpness: Curve
    """Over `blur_pixels`."""
    exposure: Curve
    """Over `white_level`: an underexposed photo has no bright pixel, a photo of the night has some."""
    noise: Curve
    """Over `noise_level`."""
    contrast: Curve
    """Over `white_level - black_level`."""
    resolution: Curve
    """Over the square root of width × height."""


@dataclass(frozen=True, slots=True)
class ImageQuality:
    """Grades of a picture; each of the five from 0 (useless) to 1 (flawless)."""

    sharpness: float
    exposure: float
    noise: float
    """1 is free of noise."""
    contrast: float
    resolution: float
    overall: float
    """1–5: 1 + 4 × the product of the five, so that one bad grade is not outvoted by four good ones."""


def image_quality(signals: ImageSignals, width: int, height: int, rubric: QualityRubric) -> ImageQuality:
    """Grade a picture of width × height pixels as delivered, whatever the size of the measured view."""
    sharpness = rubric.sharpness.falling(signals.blur_pixels)
    exposure = rubric.exposure.rising(signals.white_level)
    noise = rubric.noise.falling(signals.noise_level)
    contrast = rubric.contrast.rising(signals.white_level - signals.black_level)
    resolution = rubric.resolution.rising((width * height) ** 0.5)
    overall = 1 + 4 * sharpness * exposure * noise * contrast * resolution
    return ImageQuality(sharpness, exposure, noise, contrast, resolution, overall)
