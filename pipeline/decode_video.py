"""Video: a bounded number of upright frames, how the picture moves, and the sound."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, BinaryIO

import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from configs.settings import DecodeSettings
from pipeline.container import (
    audio_track,
    codec_name,
    declared_file_seconds,
    declared_seconds,
    open_container,
    require_complete,
    start_seconds,
    video_track,
)
from pipeline.decode_audio import decode_audio
from pipeline.decode_image import fit
from pipeline.hardware import NVDEC_FORMATS, accelerator
from pipeline.media import CorruptMedia, DecodedAudio, DecodedVideo, MediaFacts, MediaTooLarge, Position, VideoFrame
from pipeline.scenes import ANALYSED_PIXELS, FrameSelection, Motion, SmallFrame
from pipeline.video_frames import Painter, Timeline, analysed_frames, upright_size

_SOUND_OVERHANG_SECONDS = 1.0
"""The tracks of one file seldom end together."""

_LOCATION_TAGS = ("com.apple.quicktime.location.ISO6709", "location")
_ISO_6709 = re.compile(r"([+-]\d{1,2}(?:\.\d+)?)([+-]\d{1,3}(?:\.\d+)?)")
"""Latitude and longitude in degrees, as phones write them."""


def decode_video(stream: BinaryIO, facts: MediaFacts, limits: DecodeSettings) -> DecodedVideo:
    """Decode a file that has a video track: one pass over its packets, then one over each track.

    Returns:
        At most `limits.max_frames` frames, uint8 RGB, long side at most `limits.frame_pixels`: scene starts, then
        evenly spaced ones; motion between at most 300 analysed frames; the sound as `decode_audio` has it.

    Raises:
        MediaTooLarge: longer than `limits.max_video_seconds`, or frames above `limits.max_image_pixels`.
        CorruptMedia: no frame can be decoded, or far fewer than the file declares.
        UnsupportedFormat: a codec that is not accepted.
    """
    with open_container(stream, facts.format) as container:
        timeline = _timeline(container, facts, limits)
    video = _decode_pictures(stream, timeline, facts, limits)
    with open_container(stream, facts.format) as container:
        audio = _sound(container, facts, limits)
        end_seconds = max(timeline.end_seconds, _end_seconds(container, audio))
        require_complete(end_seconds, declared_file_seconds(container), facts.format)
    return _with_sound(video, audio)


def _timeline(container: InputContainer, facts: MediaFacts, limits: DecodeSettings) -> Timeline:
    track = _track(container)
    declared = declared_seconds(container, track)
    _require_at_most(declared or 0.0, limits)
    timeline = Timeline.of(container, track)
    _require_at_most(timeline.duration_seconds, limits)
    require_complete(timeline.end_seconds, declared, facts.format)
    return timeline


def _decode_pictures(stream: BinaryIO, timeline: Timeline, facts: MediaFacts, limits: DecodeSettings) -> DecodedVideo:
    """On the GPU where there is one; what fails there is decoded again without it, before a file is blamed."""
    gpu = accelerator(limits)
    if gpu is not None:
        # FFmpeg calls it want of memory when the device has no surface left.
        with suppress(CorruptMedia, MemoryError), open_container(stream, facts.format, gpu) as container:
            return _pictures(container, timeline, facts, limits)
    with open_container(stream, facts.format) as container:
        return _pictures(container, timeline, facts, limits)


def _pictures(container: InputContainer, timeline: Timeline, facts: MediaFacts, limits: DecodeSettings) -> DecodedVideo:
    track = _track(container)
    codec = codec_name(track)
    _require_frame_size(track, limits)
    motion, selection, painter = Motion(), FrameSelection(timeline.duration_seconds, limits.max_frames), Painter()
    first: Any = None
    for at_seconds, frame in analysed_frames(container, track, timeline, limits.max_frames):
        first = first or frame
        # A stream may change its size under way; frames that are compared keep that of the first.
        small = painter.paint(frame, fit((first.width, first.height), ANALYSED_PIXELS))
        starts_scene = motion.starts_scene(SmallFrame.of(small), at_seconds)
        if selection.wants(at_seconds, starts_scene):
            view = painter.paint(frame, fit((frame.width, frame.height), limits.frame_pixels))
            selection.add(VideoFrame(at_seconds, view, starts_scene))
    if first is None:
        raise CorruptMedia("No frame of the video can be decoded.")
    width, height = upright_size(first)
    facts = replace(
        facts,
        width=width,
        height=height,
        duration_seconds=timeline.duration_seconds,
        fps=_fps(track, timeline),
        codecs=(codec,),
        position=_position(container.metadata),
    )
    change, shift = np.array(motion.change, np.float32), np.array(motion.shift, np.float32)
    return DecodedVideo(facts, selection.frames(), change, shift, on_gpu=first.format.name in NVDEC_FORMATS)


def _sound(container: InputContainer, facts: MediaFacts, limits: DecodeSettings) -> DecodedAudio | None:
    track = audio_track(container)
    if track is None:
        return None
    audio = decode_audio(container, track, facts, limits.max_video_seconds + _SOUND_OVERHANG_SECONDS)
    return audio if len(audio.samples) else None  # screen recorders declare a track and leave it empty


def _end_seconds(container: InputContainer, audio: DecodedAudio | None) -> float:
    track = audio_track(container)
    return start_seconds(track) + audio.duration_seconds if track and audio else 0.0


def _with_sound(video: DecodedVideo, audio: DecodedAudio | None) -> DecodedVideo:
    if audio is None:
        return video
    facts = replace(
        video.facts,
        codecs=video.facts.codecs + audio.facts.codecs,
        sample_rate_hz=audio.facts.sample_rate_hz,
        channels=audio.facts.channels,
    )
    return replace(video, facts=facts, audio=audio)


def _track(container: InputContainer) -> VideoStream:
    track = video_track(container)
    if track is None:
        raise CorruptMedia("The video track cannot be read.")
    return track


def _require_at_most(seconds: float, limits: DecodeSettings) -> None:
    if seconds > limits.max_video_seconds:
        raise MediaTooLarge(f"The video is longer than {limits.max_video_seconds:.0f} seconds.")


def _require_frame_size(track: VideoStream, limits: DecodeSettings) -> None:
    if track.width * track.height > limits.max_image_pixels:
        raise MediaTooLarge(f"The video's frames have more than {limits.max_image_pixels:,} pixels.")


def _fps(track: VideoStream, timeline: Timeline) -> float | None:
    if track.average_rate:
        return float(track.average_rate)
    return timeline.frames / timeline.duration_seconds if timeline.duration_seconds else None


def _position(metadata: Mapping[str, str]) -> Position | None:
    found = next(filter(None, (_ISO_6709.match(metadata.get(tag, "")) for tag in _LOCATION_TAGS)), None)
    if found is None:
        return None
    latitude, longitude = map(float, found.groups())
    return Position(latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
