"""Whether two videos before one background show the same movement: what is left of their frames without it."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.picture_match import Grey, band_pass

_MIN_FRAMES = 4
"""The median of fewer is no background."""
_MOTION = 4.0
"""Median over the frames of the RMS of what moves, in levels. A hand-held camera before a photo leaves 2.1, two hands
that cover 1% of the picture each 5.7."""
_SAME_MOVEMENT = 0.91
"""Correlation of the two frames that are most alike in what moves. Copies, trimmed to a third, at double speed and
hand-held among them, have 0.92 or more where a frame of both shows about the same moment; other gestures and other
recordings of one screen 0.89 at most (21 and 7 pairs, made from a photo and a drawn page)."""
_NOISE_SIGMA = 0.7
_STEPS, _TOLERANCE = 50, 1e-4

_Bands = NDArray[np.float32]
"""Shape (frames, 64, 64)."""


def differs_in_motion(one: Sequence[Grey], other: Sequence[Grey], alike: float) -> bool:
    """Whether what moves says that two videos are not one; false as well where it says nothing.

    Args:
        one: thumbnails of the frames of a video.
        other: of another one that looks like it.
        alike: correlation from which frames show one background.
    """
    if min(len(one), len(other)) < _MIN_FRAMES:
        return False
    (back, moving), (other_back, other_moving) = _taken_apart(one), _taken_apart(other)
    if not all(_is_before(bands, alike) for bands in ((back, one), (other_back, other))):
        return False
    if min(_rms(moving), _rms(other_moving)) < _MOTION:
        return False
    warp = _warp(back, other_back)
    if warp is None or _correlation(back, _warped(other_back, warp)) < alike:
        return False
    laid_over = [_warped(frame, warp) for frame in other_moving]
    return max(_correlation(frame, another) for frame in moving for another in laid_over) < _SAME_MOVEMENT


def _taken_apart(thumbnails: Sequence[Grey]) -> tuple[_Bands, _Bands]:
    """The background, and of each frame what neither it nor its shift or contrast explains."""
    bands = np.array([band_pass(grey) for grey in thumbnails])
    back = np.median(bands, axis=0)
    down, right = np.gradient(back)
    known = np.stack([back.ravel(), right.ravel(), down.ravel(), np.ones(back.size, np.float32)], axis=1)
    flat = bands.reshape(len(bands), -1).T
    shares = np.linalg.lstsq(known, flat, rcond=None)[0]
    moving = (flat - known @ shares).T.reshape(bands.shape)
    return back, np.array([cv2.GaussianBlur(frame, (0, 0), _NOISE_SIGMA) for frame in moving], np.float32)


def _is_before(taken: tuple[_Bands, Sequence[Grey]], alike: float) -> bool:
    """Whether the frames show one background all the time: of a moving camera the rest is no movement."""
    back, thumbnails = taken
    return float(np.median([_correlation(back, band_pass(grey)) for grey in thumbnails])) >= alike


def _rms(frames: _Bands) -> float:
    return float(np.median(np.sqrt(np.square(frames).mean(axis=(1, 2)))))


def _warp(back: _Bands, other: _Bands) -> NDArray[np.float32] | None:
    """What lays the other background, which may be cropped, over this one."""
    stop = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, _STEPS, _TOLERANCE)
    start = np.eye(2, 3, dtype=np.float32)
    try:
        return np.asarray(cv2.findTransformECC(back, other, start, cv2.MOTION_AFFINE, stop, None, 1)[1], np.float32)
    except cv2.error:  # it does not converge
        return None


def _warped(frame: _Bands, warp: NDArray[np.float32]) -> _Bands:
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(frame, warp, frame.shape[::-1], flags=flags), np.float32)


def _correlation(one: _Bands, other: _Bands) -> float:
    power = float(np.square(one).sum()) * float(np.square(other).sum())
    return float((one * other).sum()) / power**0.5 if power else 0.0
