"""The frames of a video that are worth decoding, within a budget, upright and in RGB."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from pipeline.container import decoded_frames, packets
from pipeline.media import CorruptMedia

_MAX_ANALYSED = 300
"""Frames compared per video: all of 10 s at 30 per second, 5 per second of a minute."""
_THREADS = 2
"""Per decoder: a decoding process shares the machine with the models."""

_EVERY_FRAME_PIXELS = 1e9
"""Up to this many coded pixels (16 s of 1080p at 30 per second, 2.3 s on one core) every frame is decoded."""
_REFERENCE_FRAME_PIXELS = 4e9
"""Up to this many, where keyframes are too few, only the frames that others are predicted from: a minute of 1080p
takes 4.6 s on one core instead of 8.4."""
_KEYFRAME_PIXELS = 2.5e8
"""Keyframes are dear, 25 ms each at 1080p: not more of them than make up this many pixels (3 s on one core)."""
_KEYFRAMES_PER_FRAME = 2
"""With this many keyframes to each frame wanted, keyframes alone do: phones and cameras write one or two a second."""

_HD_HEIGHT = 720
"""Untagged video is BT.709 from this height and BT.601 below, as players assume."""

Part = Literal["all", "reference", "key"]
_SKIPPED: dict[Part, Literal["DEFAULT", "NONREF", "NONKEY"]] = {
    "all": "DEFAULT",
    "reference": "NONREF",
    "key": "NONKEY",
}


@dataclass(frozen=True, slots=True)
class Timeline:
    """What the packets of a video track say before any of them is decoded."""

    start_seconds: float
    """Presentation time of the first frame."""
    duration_seconds: float
    frames: int
    keyframes: int

    @property
    def end_seconds(self) -> float:
        """Up to where the file plays, from its own start: pictures may begin later than the sound."""
        return self.start_seconds + self.duration_seconds

    @classmethod
    def of(cls, container: InputContainer, track: VideoStream) -> "Timeline":
        """Read all packets of the track; those that an edit list leaves out are decoded and not shown.

        Raises:
            CorruptMedia: there is no frame, or none to start decoding from.
        """
        starts, ends, keyframes = [], [], 0
        for packet in packets(container, track):
            if packet.pts is not None:
                keyframes += packet.is_keyframe
                if not packet.is_discard:
                    starts.append(packet.pts)
                    ends.append(packet.pts + (packet.duration or 0))
        if not keyframes or not starts:
            raise CorruptMedia("The video holds no frame that can be decoded.")
        tick_seconds = float(track.time_base or 0)
        duration_seconds = (max(ends) - min(starts)) * tick_seconds
        return cls(min(starts) * tick_seconds, duration_seconds, len(starts), keyframes)


def part_to_decode(timeline: Timeline, frame_pixels: int, wanted_frames: int) -> Part:
    """Which frames are decoded, by what they cost: as many as the budget allows."""
    pixels = timeline.frames * frame_pixels
    if pixels <= _EVERY_FRAME_PIXELS:
        return "all"
    keyframes_do = timeline.keyframes >= _KEYFRAMES_PER_FRAME * wanted_frames
    return "key" if keyframes_do or pixels > _REFERENCE_FRAME_PIXELS else "reference"


def analysed_frames(
    container: InputContainer, track: VideoStream, timeline: Timeline, wanted_frames: int
) -> Iterator[tuple[float, Any]]:
    """Seconds from the first frame, and frame (`av.VideoFrame`), evenly thinned to at most 300."""
    frame_pixels = max(1, track.width * track.height)
    part = part_to_decode(timeline, frame_pixels, wanted_frames)
    most = _MAX_ANALYSED
    if part == "key":
        most = min(most, max(_KEYFRAMES_PER_FRAME * wanted_frames, int(_KEYFRAME_PIXELS / frame_pixels)))
    in_new_cell = _Grid(timeline.duration_seconds / most)
    for frame in _decoded(container, track, part, _Grid(timeline.duration_seconds / most)):
        # Not `frame.time`: the last frames, which the decoder held back, do not know their time base.
        at_seconds = float((frame.pts or 0) * (track.time_base or 0)) - timeline.start_seconds
        if frame.pts is not None and in_new_cell(at_seconds):
            yield max(0.0, at_seconds), frame


class _Grid:
    """Lets through the first time in each cell; times come in order, or nearly."""

    def __init__(self, cell_seconds: float) -> None:
        self._cell_seconds = cell_seconds
        self._cell = -1

    def __call__(self, at_seconds: float) -> bool:
        # The millionth absorbs rounding where the cells are as long as the frames.
        cell = int(at_seconds / self._cell_seconds + 1e-6) if self._cell_seconds else self._cell + 1
        if cell <= self._cell:
            return False
        self._cell = cell
        return True


def _decoded(container: InputContainer, track: VideoStream, part: Part, keyframe_grid: _Grid) -> Iterator[Any]:
    context = track.codec_context
    context.thread_count, context.thread_type = _THREADS, "AUTO"
    context.skip_frame = _SKIPPED[part]
    of = packets(container, track)
    if part == "key":
        of = (packet for packet in of if _is_next_keyframe(packet, keyframe_grid))
    return decoded_frames(track, of)


def _is_next_keyframe(packet: "Packet[Any]", grid: _Grid) -> bool:
    return packet.is_keyframe and packet.pts is not None and grid(float(packet.pts * packet.time_base))


class Painter:
    """Turns frames into upright RGB; the scaler is set up once per size and format."""

    def __init__(self) -> None:
        self._scaler = VideoReformatter()

    def paint(self, frame: Any, size: tuple[int, int]) -> NDArray[np.uint8]:
        """uint8 RGB of shape (height, width, 3).

        Args:
            frame: an `av.VideoFrame`.
            size: width and height before the rotation that the frame carries.
        """
        rgb = self._scaler.reformat(
            frame,
            *size,
            format="rgb24",
            src_colorspace=_colorspace(frame),
            src_color_range=frame.color_range,
            interpolation=Interpolation.AREA,
            threads=1,
        )
        return np.ascontiguousarray(np.rot90(rgb.to_ndarray(), _quarter_turns(frame)))


def upright_size(frame: Any) -> tuple[int, int]:
    """Width and height as shown."""
    return (frame.height, frame.width) if _quarter_turns(frame) % 2 else (frame.width, frame.height)


def _quarter_turns(frame: Any) -> int:
    """Counter-clockwise turns of 90° that set the frame upright (the container's display matrix)."""
    return round(float(frame.rotation) / 90)


def _colorspace(frame: Any) -> int:
    if frame.colorspace in set(Colorspace):
        return int(frame.colorspace)
    return int(Colorspace.ITU709 if frame.height >= _HD_HEIGHT else Colorspace.ITU601)
