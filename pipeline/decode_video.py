"""Video: a bounded number of frames, how the picture moves between them, and the sound."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO

import cv2
import numpy as np
from av import VideoFrame as RawFrame
from av.container import InputContainer
from av.stream import Stream
from numpy.typing import NDArray

from configs.settings import DecodeSettings
from pipeline.container import (
    audio_track,
    codec_name,
    declared_seconds,
    open_container,
    packets,
    require_complete,
    use_threads,
    video_track,
)
from pipeline.decode_audio import decode_audio
from pipeline.decode_image import fit
from pipeline.media import CorruptMedia, DecodedAudio, DecodedVideo, MediaFacts, MediaTooLarge, VideoFrame

ANALYSED_FRAMES = 300
"""Most frames that are compared with one another; more tell no more about motion."""
_ANALYSIS_WIDTH = 64
_EVERY_FRAME_UP_TO_SECONDS = 60.0
"""A longer video is decoded by its keyframes alone: a minute of 1080p costs seconds, ten would cost a minute."""
_CUT_CHANGE = 27.0
"""Mean change of a cut, in levels of 0–255: the threshold of PySceneDetect's ContentDetector."""
_CUT_RATIO = 3.0
"""A cut also changes this many times more than the frames before it, so that fast motion is none."""
_UNKNOWN_SPACING_SECONDS = 1.0
"""First distance of kept frames in a file that does not say how long it is (browsers write such WebM)."""


def decode_video(stream: BinaryIO, facts: MediaFacts, limits: DecodeSettings) -> DecodedVideo:
    """Decode frames at scene starts and evenly between them, and the first audio track.

    Returns:
        At most `limits.max_frames` upright RGB frames, long side at most `limits.frame_pixels`.

    Raises:
        MediaTooLarge: longer than `limits.max_video_seconds` or more pixels than `limits.max_image_pixels`.
        CorruptMedia: no frame decodes, or fewer seconds than the file declares.
        UnsupportedFormat: a codec that is not accepted.
    """
    with open_container(stream, facts.format) as container:
        track = video_track(container)
        if track is None:
            raise CorruptMedia("The file holds no video.")
        codecs = [codec_name(track)]
        declared = declared_seconds(container, track)
        watched = _watch(container, track, declared, limits)
        require_complete(watched.last_seconds + watched.spacing_seconds, declared, facts.format)
        rate = track.average_rate
    audio = _decode_sound(stream, facts, limits)
    if audio is not None:
        codecs += audio.facts.codecs
    facts = replace(
        facts,
        width=watched.size[0],
        height=watched.size[1],
        duration_seconds=declared or watched.last_seconds,
        fps=float(rate) if rate else None,
        codecs=tuple(codecs),
        sample_rate_hz=audio.facts.sample_rate_hz if audio else None,
        channels=audio.facts.channels if audio else None,
    )
    changes, shifts = np.array(watched.changes, np.float32), np.array(watched.shifts, np.float32)
    return DecodedVideo(facts, _chosen(watched.kept, limits.max_frames), changes, shifts, audio)


@dataclass(slots=True)
class _Watched:
    """What one pass over the frames leaves behind."""

    kept: list[VideoFrame] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    shifts: list[float] = field(default_factory=list)
    size: tuple[int, int] = (0, 0)
    """Width and height of the upright picture."""
    last_seconds: float = 0.0
    spacing_seconds: float = 0.0
    """Longest distance of two decoded frames."""


def _watch(container: InputContainer, track: Stream, declared: float | None, limits: DecodeSettings) -> _Watched:
    """One pass: compare small grey frames, keep full ones where a scene starts and at even distances."""
    keyframes_only = declared is None or declared > _EVERY_FRAME_UP_TO_SECONDS
    analysis_spacing = (declared or 0.0) / ANALYSED_FRAMES
    keep_spacing = declared / limits.max_frames if declared else _UNKNOWN_SPACING_SECONDS
    watched = _Watched()
    before: NDArray[np.float32] | None = None
    next_analysed = next_kept = 0.0
    for at_seconds, frame in _frames(container, track, keyframes_only and declared is not None, limits):
        watched.spacing_seconds = max(watched.spacing_seconds, at_seconds - watched.last_seconds)
        watched.last_seconds = max(watched.last_seconds, at_seconds)
        if at_seconds < next_analysed:
            continue
        next_analysed = at_seconds + analysis_spacing
        grey = _grey(frame)
        cut = before is None or _compare(before, grey, watched)
        before = grey
        if cut or at_seconds >= next_kept:
            watched.kept.append(VideoFrame(at_seconds, _upright(frame, limits.frame_pixels), cut))
            next_kept = at_seconds + keep_spacing
        if len(watched.kept) > 3 * limits.max_frames:
            watched.kept = list(_chosen(watched.kept, limits.max_frames))
            keep_spacing *= 2
        if len(watched.changes) > 4 * ANALYSED_FRAMES:
            analysis_spacing = max(2 * analysis_spacing, at_seconds / ANALYSED_FRAMES)
        watched.size = _upright_size(frame)
    if not watched.kept:
        raise CorruptMedia("No picture of the video could be decoded.")
    return watched


def _frames(
    container: InputContainer, track: Stream, keyframes_only: bool, limits: DecodeSettings
) -> Iterator[tuple[float, RawFrame]]:
    """Decoded frames with their time from the first one."""
    use_threads(track)
    if keyframes_only:
        track.codec_context.skip_frame = "NONKEY"
    first: float | None = None
    for packet in packets(container, track):
        for frame in packet.decode():
            if not isinstance(frame, RawFrame) or frame.time is None:
                continue
            first = frame.time if first is None else first
            at_seconds = max(0.0, frame.time - first)
            _check(frame, at_seconds, limits)
            yield at_seconds, frame


def _check(frame: RawFrame, at_seconds: float, limits: DecodeSettings) -> None:
    if at_seconds > limits.max_video_seconds:
        raise MediaTooLarge(f"The video is longer than {limits.max_video_seconds:.0f} s.")
    if frame.width * frame.height > limits.max_image_pixels:
        raise MediaTooLarge(f"A frame of the video has more than {limits.max_image_pixels:,} pixels.")


def _grey(frame: RawFrame) -> NDArray[np.float32]:
    height = max(8, round(_ANALYSIS_WIDTH * frame.height / frame.width))
    return np.asarray(frame.to_ndarray(width=_ANALYSIS_WIDTH, height=min(height, 256), format="gray"), np.float32)


def _compare(before: NDArray[np.float32], grey: NDArray[np.float32], watched: _Watched) -> bool:
    """Record change and shift between two frames, and say whether a cut lies between them."""
    if before.shape != grey.shape:
        return True
    change = float(np.abs(grey - before).mean())
    usual = float(np.median(watched.changes[-8:])) if watched.changes else 0.0
    (shift_x, shift_y), _ = cv2.phaseCorrelate(before, grey)
    watched.changes.append(change)
    watched.shifts.append(float(np.hypot(shift_x, shift_y)) / _ANALYSIS_WIDTH)
    return change > _CUT_CHANGE and change > _CUT_RATIO * usual


def _upright(frame: RawFrame, long_side: int) -> NDArray[np.uint8]:
    width, height = fit((frame.width, frame.height), long_side)
    picture = frame.to_ndarray(width=width, height=height, format="rgb24", interpolation="AREA")
    # The display matrix turns counter-clockwise, as rot90 does.
    return np.ascontiguousarray(np.rot90(picture, round(frame.rotation / 90)), dtype=np.uint8)


def _upright_size(frame: RawFrame) -> tuple[int, int]:
    on_its_side = round(frame.rotation / 90) % 2 == 1
    return (frame.height, frame.width) if on_its_side else (frame.width, frame.height)


def _chosen(kept: list[VideoFrame], most: int) -> tuple[VideoFrame, ...]:
    """Scene starts first, the rest evenly over what else was kept; in order of time."""
    starts = _evenly([frame for frame in kept if frame.starts_scene], most)
    others = _evenly([frame for frame in kept if not frame.starts_scene], most - len(starts))
    return tuple(sorted((*starts, *others), key=lambda frame: frame.at_seconds))


def _evenly(frames: list[VideoFrame], most: int) -> list[VideoFrame]:
    if len(frames) <= most:
        return frames
    return [frames[int(index)] for index in np.linspace(0, len(frames) - 1, most)] if most > 0 else []


def _decode_sound(stream: BinaryIO, facts: MediaFacts, limits: DecodeSettings) -> DecodedAudio | None:
    with open_container(stream, facts.format) as container:
        track = audio_track(container)
        if track is None:
            return None
        return decode_audio(container, track, facts, limits.max_audio_seconds)
