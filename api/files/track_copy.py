"""Sound and pictures of an MP4 or QuickTime file, packet by packet, without what else it holds."""

from pathlib import Path
from typing import Any, BinaryIO

import av
from av.stream import Disposition

from pipeline.container import open_container
from pipeline.media import CorruptMedia

FORMATS = {"mp4": "mp4", "mov": "mov", "m4a": "ipod"}
"""FFmpeg's muxer for each format that may carry a position."""
_CODECS_OF_IPOD = {"aac", "alac"}
"""What the muxer of `m4a` takes. Browsers record Opus into the same container, which the one of `mp4` takes."""

_KEPT_TAGS = (
    "creation_time", "title", "artist", "album", "date", "genre", "com.apple.quicktime.make",
    "com.apple.quicktime.model", "com.apple.quicktime.software", "com.apple.quicktime.creationdate",
)  # fmt: skip
"""Named rather than excluded: every maker of cameras has its own word for where a video was taken."""
_KEPT_TRACK_TAGS = ("creation_time", "language")


def copy_tracks(path: Path, out: BinaryIO, file_format: str) -> None:
    """Write the tracks of sound and pictures to `out`, bit for bit, with a few harmless tags.

    Other tracks hold a position for every second (GoPro, DJI, Apple), cover art may hold EXIF; both stay behind.

    Raises:
        CorruptMedia: FFmpeg cannot read the file, or cannot write what it holds.
    """
    options = {"movflags": "use_metadata_tags"}
    with path.open("rb") as stream, open_container(stream, file_format) as source:
        try:
            with av.open(out, "w", format=_muxer(source, file_format), options=options) as target:
                _copy(source, target)
        except (av.FFmpegError, ValueError) as error:
            raise CorruptMedia(f"The {file_format.upper()} file cannot be rewritten without its position.") from error


def _muxer(source: Any, file_format: str) -> str:
    codecs = {track.codec_context.name for track in _tracks(source) if track.type == "audio"}
    return "mp4" if file_format == "m4a" and not codecs <= _CODECS_OF_IPOD else FORMATS[file_format]


def _tracks(source: Any) -> list[Any]:
    """Of codecs that FFmpeg knows: phones add others beside them (spatial sound)."""
    pictures = (track for track in source.streams.video if not track.disposition & Disposition.attached_pic)
    return [track for track in (*pictures, *source.streams.audio) if track.codec_context is not None]


def _copy(source: Any, target: Any) -> None:
    target.metadata.update({tag: source.metadata[tag] for tag in _KEPT_TAGS if tag in source.metadata})
    copies = {}
    for track in _tracks(source):
        copies[track.index] = copy = target.add_stream_from_template(track, opaque=True)
        copy.metadata.update({tag: track.metadata[tag] for tag in _KEPT_TRACK_TAGS if tag in track.metadata})
    for packet in source.demux([source.streams[index] for index in copies]):
        if packet.dts is not None:  # the empty packet at the end of each track
            packet.stream = copies[packet.stream.index]
            target.mux(packet)
