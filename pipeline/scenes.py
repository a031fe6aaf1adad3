"""Cuts and motion between the small frames of a video, and which frames the models get to see."""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.media import VideoFrame

ANALYSED_PIXELS = 64
"""Long side of the frames that are compared."""

_CONTENT_THRESHOLD = 27.0
"""Mean difference of hue, saturation and value, 0–255: PySceneDetect's ContentDetector and its default."""
_HISTOGRAM_THRESHOLD = 0.4
"""Bhattacharyya distance of colour histograms. The content difference alone takes a pan by a tenth of the width for a
cut in 57% of 202 photographs; both together take none up to three tenths, and miss 0.5% of the real changes."""
_HISTOGRAM_BINS = [8, 4, 4]
_HISTOGRAM_RANGES = [0, 180, 0, 256, 0, 256]

_MIN_SCENE_SECONDS = 0.5
"""ContentDetector's 15 frames at 30 per second: flashes are no scenes."""
_MIN_GAP_SECONDS = 0.5
"""Frames that are shown only for evenness lie at least this far apart: closer ones look the same."""
_FOLLOWED_SECONDS = 0.25
"""Of frames further apart it cannot be told whether the camera shook or looked elsewhere in between."""
_GRID_POINTS = 2
"""Even frames held in memory, likewise: some fall beside scene starts and are dropped again."""
_KEPT_SCENES = 4
"""Scene starts held in memory, in multiples of the frames that will be returned."""


@dataclass(frozen=True, slots=True)
class SmallFrame:
    """A frame reduced to `ANALYSED_PIXELS`, in the forms in which it is compared."""

    hsv: NDArray[np.int16]
    """Shape (height, width, 3); hue 0–179, saturation and value 0–255, as OpenCV has them."""
    histogram: NDArray[np.float32]
    grey: NDArray[np.float32]
    """Shape (height, width), 0–255."""

    @classmethod
    def of(cls, rgb: NDArray[np.uint8]) -> "SmallFrame":
        """From uint8 RGB of shape (height, width, 3)."""
        hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)
        histogram = cv2.calcHist([hsv], [0, 1, 2], None, _HISTOGRAM_BINS, _HISTOGRAM_RANGES) / hsv[..., 0].size
        return cls(hsv.astype(np.int16), histogram, cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32))


def is_cut(before: SmallFrame, after: SmallFrame) -> bool:
    """Whether two frames of one size show different scenes, however far apart in time they are."""
    content = float(np.abs(after.hsv - before.hsv).mean())
    if content < _CONTENT_THRESHOLD:
        return False
    return bool(cv2.compareHist(before.histogram, after.histogram, cv2.HISTCMP_BHATTACHARYYA) >= _HISTOGRAM_THRESHOLD)


def grey_change(before: SmallFrame, after: SmallFrame) -> float:
    """Mean absolute difference in grey levels, 0–255."""
    return float(np.abs(after.grey - before.grey).mean())


def shift_fraction(before: SmallFrame, after: SmallFrame) -> float:
    """Length of the global translation in fractions of the width.

    Phase correlation under a Hanning window (Kuglin and Hines 1975; `cv2.phaseCorrelate`), sub-pixel by centroid.
    """
    height, width = before.grey.shape
    if min(height, width) < 2:
        return 0.0
    window = cv2.createHanningWindow((width, height), cv2.CV_32F)
    # OpenCV 5 multiplies its arguments by the window in place.
    (across, down), _ = cv2.phaseCorrelate(before.grey.copy(), after.grey.copy(), window)
    return float(math.hypot(across, down) / width)


@dataclass(slots=True)
class Motion:
    """Compares each small frame with the one before."""

    change: list[float] = field(default_factory=list)
    """As `DecodedVideo.frame_change`."""
    shift: list[float] = field(default_factory=list)
    """As `DecodedVideo.frame_shift`; 0 at a cut, where there is nothing to follow."""
    _before: SmallFrame | None = None
    _at_seconds: float = 0.0
    _scene_seconds: float = 0.0

    def starts_scene(self, frame: SmallFrame, at_seconds: float) -> bool:
        """Take the next frame in; true for the first one and after a cut."""
        before, self._before = self._before, frame
        gap_seconds, self._at_seconds = at_seconds - self._at_seconds, at_seconds
        if before is None:
            self._scene_seconds = at_seconds
            return True
        cut = is_cut(before, frame)
        self.change.append(grey_change(before, frame))
        if gap_seconds <= _FOLLOWED_SECONDS:
            self.shift.append(0.0 if cut else shift_fraction(before, frame))
        if not cut or at_seconds - self._scene_seconds < _MIN_SCENE_SECONDS:
            return False
        self._scene_seconds = at_seconds
        return True


class FrameSelection:
    """Holds the frames that may be returned while a video streams past: scene starts and an even grid."""

    def __init__(self, duration_seconds: float, max_frames: int) -> None:
        self._max_frames = max_frames
        self._duration_seconds = duration_seconds
        self._grid = grid_seconds(duration_seconds, _GRID_POINTS * max_frames)
        self._scenes: list[VideoFrame] = []
        self._even: list[VideoFrame] = []

    def wants(self, at_seconds: float, starts_scene: bool) -> bool:
        """Whether the frame at this time is worth converting."""
        return starts_scene or (len(self._even) < len(self._grid) and at_seconds >= self._grid[len(self._even)])

    def add(self, frame: VideoFrame) -> None:
        """Hold a frame; frames come in order of time."""
        if self.wants(frame.at_seconds, starts_scene=False):
            self._even.append(frame)
        if frame.starts_scene:
            self._scenes.append(frame)
        if len(self._scenes) > _KEPT_SCENES * self._max_frames:
            self._scenes = self._scenes[::2]

    def frames(self) -> tuple[VideoFrame, ...]:
        """At most `max_frames` in order of time: scene starts, and others where they leave the smallest gaps."""
        others = [frame for frame in self._even if not frame.starts_scene]
        chosen = sorted(_thinned(self._scenes, self._max_frames) + others, key=lambda frame: frame.at_seconds)
        while (index := self._least_missed(chosen)) is not None:
            del chosen[index]
        return tuple(chosen)

    def _least_missed(self, chosen: list[VideoFrame]) -> int | None:
        """Which frame has to go, `None` when all may stay; never a scene start."""
        times = [0.0, *(frame.at_seconds for frame in chosen), self._duration_seconds]
        gaps = [
            (times[index + 2] - times[index], index) for index, frame in enumerate(chosen) if not frame.starts_scene
        ]
        gap_seconds, index = min(gaps, default=(math.inf, 0))
        too_many = len(chosen) > self._max_frames
        return index if gaps and (too_many or gap_seconds < 2 * _MIN_GAP_SECONDS) else None


def grid_seconds(duration_seconds: float, most: int) -> list[float]:
    """Middles of equal parts of the duration, at most `most` and none shorter than 0.5 s (but one at least)."""
    parts = max(1, min(most, int(duration_seconds / _MIN_GAP_SECONDS)))
    return [(part + 0.5) * duration_seconds / parts for part in range(parts)]


def _thinned(frames: list[VideoFrame], most: int) -> list[VideoFrame]:
    if len(frames) <= most:
        return list(frames)
    return [frames[index * len(frames) // most] for index in range(most)]
