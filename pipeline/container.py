"""Opening sound and video with FFmpeg (PyAV): only the demuxer and the codecs that a format may hold."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Any, BinaryIO

import av
from av.audio.stream import AudioStream
from av.codec.hwaccel import HWAccel
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from pipeline.media import CorruptMedia, UnsupportedFormat

_DEMUXERS = {
    "mp3": "mp3",
    "wav": "wav",
    "m4a": "mov",
    "flac": "flac",
    "ogg": "ogg",
    "mp4": "mov",
    "mov": "mov",
    "webm": "matroska",
}
"""Named rather than probed: FFmpeg's guesses reach as far as playlists that open other files."""

_VIDEO_CODECS = {"h264", "hevc", "vp8", "vp9", "av1", "mpeg4", "mjpeg", "prores"}
_AUDIO_CODECS = {"aac", "alac", "mp3", "flac", "vorbis", "opus", "speex", "ac3", "eac3", "amr_nb", "amr_wb"}
"""What phones, cameras and browsers write; PCM besides. FFmpeg's other decoders are rarely tested on bad input."""

_IN_PIECES = {"mov", "ogg"}
"""Demuxers of formats that may hold several pieces, each with times of its own."""

_COMPLETE_SHARE = 0.9
"""A file that plays for less of the duration it declares was cut off in transit; edit lists cost less than this."""


@contextmanager
def open_container(stream: BinaryIO, file_format: str, accelerator: HWAccel | None = None) -> Iterator[InputContainer]:
    """The container at the start of `stream`, without FFmpeg's log.

    Args:
        stream: of a file.
        file_format: as sniffed.
        accelerator: decodes the video's frames; they come to the host as those of the CPU do.

    Raises:
        CorruptMedia: FFmpeg cannot read it, here or inside the `with` block.
    """
    stream.seek(0)
    try:
        demuxer = _DEMUXERS[file_format]
        with av.open(stream, format=demuxer, metadata_errors="replace", hwaccel=accelerator) as container:
            yield container
    except MemoryError:
        raise
    except av.FFmpegError as error:
        raise CorruptMedia(f"The {file_format.upper()} file is damaged or cut off.") from error


def video_track(container: InputContainer) -> VideoStream | None:
    """The first video stream that is not cover art."""
    return next((s for s in container.streams.video if not s.disposition & Disposition.attached_pic), None)


def audio_track(container: InputContainer) -> AudioStream | None:
    """The first audio stream."""
    return next(iter(container.streams.audio), None)


def codec_name(track: Stream) -> str:
    """As FFmpeg names it, for example `h264`.

    Raises:
        UnsupportedFormat: a codec that is not accepted.
    """
    context = track.codec_context
    name = str(context.codec.canonical_name) if context else "unknown"
    if name in _VIDEO_CODECS | _AUDIO_CODECS or name.startswith("pcm_"):
        return name
    raise UnsupportedFormat(f"The codec {name} is not accepted.")


def packets(container: InputContainer, track: Stream) -> Iterator["Packet[Any]"]:
    """Packets of one track up to the end, or to where the container breaks off.

    Raises:
        UnsupportedFormat: their times go back, as those of an edit list with several pieces and of Ogg files put one
            behind the other do: nothing writes them anew without encoding them.
    """
    in_pieces = container.format.name.partition(",")[0] in _IN_PIECES
    latest: int | None = None
    with suppress(av.FFmpegError):
        for packet in container.demux(track):
            if not packet.size:
                continue
            if in_pieces and packet.dts is not None:
                if latest is not None and packet.dts < latest:
                    raise UnsupportedFormat("The file is joined or cut out of several pieces, which is not accepted.")
                latest = packet.dts
            yield packet


def decoded_frames(track: AudioStream | VideoStream, of: Iterable["Packet[Any]"]) -> Iterator[Any]:
    """Frames of the packets `of` the track; a damaged packet is left out, as players do."""
    for packet in chain(of, [None]):  # `None` asks for what the decoder still holds back
        try:
            yield from track.decode(packet)
        except av.error.InvalidDataError:
            continue


def declared_seconds(container: InputContainer, track: Stream) -> float | None:
    """The duration that the file claims for a track, `None` when it claims none.

    WebM declares only that of the whole file, which says nothing of one track among several.
    """
    if track.duration and track.time_base:
        return float(track.duration * track.time_base)
    return declared_file_seconds(container) if len(container.streams) == 1 else None


def start_seconds(track: Stream) -> float:
    """When a track begins to play; its file may begin with another one."""
    return max(0.0, float((track.start_time or 0) * (track.time_base or 0)))


def declared_file_seconds(container: InputContainer) -> float | None:
    """The duration that the file claims for its longest track, `None` when it claims none."""
    return float(container.duration / av.time_base) if container.duration else None


def require_complete(played_seconds: float, declared: float | None, file_format: str) -> None:
    """Refuse a file that was cut off.

    Raises:
        CorruptMedia: `played_seconds` is well below `declared`. MP3 is exempt: there the duration is a guess from
            the bit rate.
    """
    if declared and file_format != "mp3" and played_seconds < _COMPLETE_SHARE * declared:
        raise CorruptMedia(f"The file is cut off: it declares {declared:.1f} s and holds {played_seconds:.1f} s.")
