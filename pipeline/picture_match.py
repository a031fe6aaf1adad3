"""Whether two pictures are one, whatever was done to hide it: a comparison of thumbnails."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

THUMBNAIL_PIXELS = 64
_FINE_SIGMA, _BROAD_SIGMA = 0.7, 4.0
"""Pass band in thumbnail pixels. Without the broad shapes (a dark middle, a bright sky) different photos stop being
alike: of 20,000 pairs the highest correlation falls from 0.82 to 0.61."""
_SCALES = (1.0, 0.92, 0.84)
"""Part of the other picture that a crop shows along each side; the refinement reaches the values between."""
_MARGIN = 2
"""Pixels at the edge of a coarse thumbnail that are not compared, since a crop differs there."""
_HOPELESS = 0.5
"""Coarse correlation below which nothing is refined; crops of 200 photos by 8% have 0.72 or more."""
_REFINEMENTS, _TOLERANCE = 20, 1e-4
_MAX_SHEAR, _MAX_STRETCH = 0.1, 0.35
"""A crop neither shears nor rotates; a refinement that does has lost its way."""

Grey = NDArray[np.uint8]
_Band = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Placement:
    """Where one coarse thumbnail lies in another."""

    correlation: float
    scale: float
    x: float
    y: float
    """Of its top left corner, in fine pixels, as `x`."""


def thumbnail(grey: Grey) -> Grey:
    """The whole picture squeezed to (64, 64)."""
    return np.asarray(cv2.resize(grey, (THUMBNAIL_PIXELS,) * 2, interpolation=cv2.INTER_AREA), np.uint8)


def correlation(one: Grey, other: Grey) -> float:
    """Correlation of two thumbnails, -1…1, when either may be a crop of the other; 0 when one of them is blank.

    A coarse search over scale and shift, then the affine refinement of Evangelidis and Psarakis (2008), which
    maximises the enhanced correlation coefficient, on which brightness and contrast have no influence.
    """
    bands = band_pass(one), band_pass(other)
    if min(float(band.std()) for band in bands) < 0.5:
        return 0.0
    halves = [cv2.resize(band, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) for band in bands]
    inside, around = _place(halves[0], halves[1]), _place(halves[1], halves[0])
    if max(inside.correlation, around.correlation) < _HOPELESS:
        return max(inside.correlation, around.correlation)
    if inside.correlation >= around.correlation:
        return _refine(bands[0], bands[1], inside)
    return _refine(bands[1], bands[0], around)


def band_pass(grey: Grey) -> _Band:
    """A thumbnail without its noise and its broad shapes."""
    smooth = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), _FINE_SIGMA)
    return np.asarray(smooth - cv2.GaussianBlur(smooth, (0, 0), _BROAD_SIGMA), np.float32)


def _place(part: _Band, whole: _Band) -> _Placement:
    """The best scale and shift of `part` in `whole`, both coarse."""
    return max((_place_scaled(part, whole, scale) for scale in _SCALES), key=lambda placement: placement.correlation)


def _place_scaled(part: _Band, whole: _Band, scale: float) -> _Placement:
    side = round(len(whole) * scale)
    template = cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA)[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    _, best, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(whole, template, cv2.TM_CCOEFF_NORMED))
    return _Placement(best, side / len(whole), 2.0 * (x - _MARGIN), 2.0 * (y - _MARGIN))


def _refine(part: _Band, whole: _Band, start: _Placement) -> float:
    warp = np.array([[start.scale, 0, start.x], [0, start.scale, start.y]], np.float32)
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _REFINEMENTS, _TOLERANCE)
    try:
        best, warp = cv2.findTransformECC(part, whole, warp, cv2.MOTION_AFFINE, stop, None, 1)
    except cv2.error:  # it does not converge on pictures that have nothing in common
        return 0.0
    stretch = float(np.abs(warp[[0, 1], [0, 1]] - 1).max())
    shear = float(np.abs(warp[[0, 1], [1, 0]]).max())
    return float(best) if shear <= _MAX_SHEAR and stretch <= _MAX_STRETCH else 0.0
