"""What can be measured on a video without a model: steadiness, movement, and black frames."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.media import DecodedVideo

BLACK_WHITE_LEVEL = 24.0
"""A frame is black when the 99th percentile of its levels is at most this: video black is 16, compression adds some."""
STATIC_CHANGE = 0.75
"""A video is static when its 95th percentile of `frame_change` is at most this: what compression makes of a still."""
_HALF_STABLE_JITTER = 0.02
"""A shift that changes by 2% of the width from one frame to the next is what a walking hand-held camera does."""
_SMOOTHING_FRAMES = 5
_LEAST_SHIFTS = 2


@dataclass(frozen=True, slots=True)
class VideoSignals:
    """Raw measurements of a video."""

    stability: float | None
    """1 on a tripod or in a smooth pan, 0.5 when the shift jitters by 2% of the width, towards 0 beyond; `None` when
    the frames that were decoded lie too far apart to tell."""
    jitter: float
    """90th percentile of the deviation of `frame_shift` from its running median, in fractions of the width."""
    change_level: float
    """95th percentile of `frame_change`, 0–255; 0 for a video of one frame."""
    static: bool
    """Nothing changes from the first frame to the last."""
    black_share: float
    """Share of the frames that are black."""


def measure_video(video: DecodedVideo) -> VideoSignals:
    """Measure the motion of a decoded video; its frames are measured as pictures."""
    jitter = measure_jitter(video.frame_shift)
    is_followed = video.frame_shift.size >= _LEAST_SHIFTS
    change_level = float(np.percentile(video.frame_change, 95)) if video.frame_change.size else 0.0
    return VideoSignals(
        stability=1 / (1 + (jitter / _HALF_STABLE_JITTER) ** 2) if is_followed else None,
        jitter=jitter,
        change_level=change_level,
        static=change_level <= STATIC_CHANGE,
        black_share=float(np.mean([_is_black(frame.view) for frame in video.frames])),
    )


def measure_jitter(frame_shift: NDArray[np.float32]) -> float:
    """How far the camera's movement is from smooth, in fractions of the width; 0 for fewer than two shifts.

    A pan is a constant shift and no jitter, and a cut, one wild shift among many, is above the percentile.
    """
    if frame_shift.size < _LEAST_SHIFTS:
        return 0.0
    padded = np.pad(frame_shift, _SMOOTHING_FRAMES // 2, mode="edge")
    smooth = np.median(np.lib.stride_tricks.sliding_window_view(padded, _SMOOTHING_FRAMES), axis=1)
    return float(np.percentile(np.abs(frame_shift - smooth), 90))


def _is_black(view: NDArray[np.uint8]) -> bool:
    """Looks at one pixel in 64: a frame that is not black has more than a few bright ones."""
    return float(np.percentile(view[::8, ::8], 99)) <= BLACK_WHITE_LEVEL
