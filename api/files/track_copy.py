"""Sound and pictures of a file, packet by packet, without what else it holds."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import av
from av.stream import Disposition

from api.files.frame_lengths import flac_frame_bytes, mp3_frame_bytes
from pipeline.container import open_container
from pipeline.media import CorruptMedia

_MUXERS = {
    "mp4": "mp4",
    "mov": "mov",
    "m4a": "ipod",
    "mp3": "mp3",
    "wav": "wav",
    "flac": "flac",
    "ogg": "ogg",
    "webm": "webm",
}
"""FFmpeg's for each format."""
_WIDER_MUXERS = {"m4a": "mp4", "webm": "matroska"}
"""For what that does not take: browsers record Opus into `m4a`, and have recorded H.264 into WebM."""
_CODECS = {"m4a": {"aac", "alac"}, "webm": {"vp8", "vp9", "av1", "vorbis", "opus"}}
"""What it does take."""
_OLD_MUXERS = {
    **dict.fromkeys(("amr_nb", "amr_wb"), "3gp"),
    **dict.fromkeys(("pcm_mulaw", "pcm_alaw", "pcm_u8", "pcm_s8"), "mov"),
}
"""For sound that FFmpeg writes neither into `mp4` nor into `m4a`: of telephones, and of recorders for QuickTime."""
_QUICKTIME_OPTIONS = {"movflags": "use_metadata_tags"}
_HEVC_TAGS = {"hvc1", "hev1", "dvh1", "dvhe"}
"""Apple's players open `hvc1` alone, and FFmpeg writes `hev1` where it is told nothing."""
_OPTIONS = {"fflags": "+bitexact"}
"""The same file gives the same bytes: FFmpeg numbers the streams of Ogg, and the tracks of WebM, at random else."""

_KEPT_TAGS = {
    "creation_time", "title", "artist", "album", "album_artist", "composer", "performer", "date", "genre", "track",
    "disc", "language", "copyright", "license", "isrc", "com.apple.quicktime.make", "com.apple.quicktime.model",
    "com.apple.quicktime.software", "com.apple.quicktime.creationdate", "replaygain_track_gain",
    "replaygain_track_peak", "replaygain_album_gain", "replaygain_album_peak", "r128_track_gain", "r128_album_gain",
}  # fmt: skip
"""In lower case. Named rather than excluded: every maker of recorders has its own word for where it was used."""
_KEPT_TRACK_TAGS = {"creation_time", "language"}

_MATROSKA = b"\x42\x82\x88matroska"
_WEBM = b"\x42\x82\x84webm\xec\x82\0\0"
"""The document type (RFC 8794, 11.2.6), and ours of the same length, behind it a void element (11.3.2)."""


def copy_tracks(path: Path, out: BinaryIO, file_format: str) -> None:
    """Write the tracks of sound and pictures to `out`, bit for bit, with a few harmless tags.

    Other tracks hold a position for every second (GoPro, DJI, Apple), cover art may hold EXIF, tags of ID3, Vorbis
    comments, chunks of RIFF and Matroska's elements anything; they stay behind.

    Raises:
        CorruptMedia: FFmpeg cannot read the file, or cannot write what it holds.
    """
    with path.open("rb") as stream, open_container(stream, file_format) as source:
        muxer = _muxer(source, file_format)
        options = _QUICKTIME_OPTIONS if file_format in ("mp4", "mov", "m4a") else _OPTIONS
        sink = _NamedWebm(out) if muxer == "matroska" else out
        try:
            with av.open(sink, "w", format=muxer, options=options) as target:
                _copy(source, target, file_format)
        except (av.FFmpegError, ValueError) as error:
            raise CorruptMedia(f"The {file_format.upper()} file cannot be rewritten without its position.") from error


def _muxer(source: Any, file_format: str) -> str:
    codecs = {_codec(track) for track in _tracks(source)}
    old = next((_OLD_MUXERS[codec] for codec in codecs if codec in _OLD_MUXERS), None)
    if old is not None and file_format in ("mp4", "m4a"):
        return old
    usual = file_format not in _CODECS or codecs <= _CODECS[file_format]
    return (_MUXERS if usual else _WIDER_MUXERS)[file_format]


def _tracks(source: Any) -> list[Any]:
    """Of codecs that FFmpeg knows: phones add others beside them (spatial sound)."""
    pictures = (track for track in source.streams.video if not track.disposition & Disposition.attached_pic)
    return [track for track in (*pictures, *source.streams.audio) if track.codec_context is not None]


def _codec(track: Any) -> str:
    return str(track.codec_context.codec.canonical_name)


def _copy(source: Any, target: Any, file_format: str) -> None:
    tags = dict(source.metadata)
    if file_format == "ogg":  # there the comments are the stream's
        tags |= {name: value for track in source.streams.audio for name, value in track.metadata.items()}
    target.metadata.update(_kept(tags, _KEPT_TAGS))
    copies = {}
    for track in _tracks(source):
        copies[track.index] = _added(track, target, file_format)
    target.start_encoding()
    packets = _shown(_packets(source, [source.streams[index] for index in copies]))
    for packet in _ENDED.get(file_format, iter)(packets):
        packet.stream = copies[packet.stream.index]
        target.mux(packet)


def _added(track: Any, target: Any, file_format: str) -> Any:
    """A track like this one, as yet without packets."""
    copy = target.add_stream_from_template(track, opaque=True)
    copy.metadata.update(_kept(track.metadata, _KEPT_TRACK_TAGS))
    if _codec(track) == "hevc" and file_format in ("mp4", "mov"):
        tag = track.codec_context.codec_tag
        copy.codec_context.codec_tag = tag if tag in _HEVC_TAGS else "hvc1"
    if track.type == "video" and file_format == "webm" and track.average_rate:
        copy.codec_context.framerate = track.average_rate  # the muxer makes the length of a frame of it
    if _codec(track) == "vorbis":
        copy.codec_context.extradata = without_comments(track.codec_context.extradata)
    return copy


def _kept(tags: dict[str, str], names: set[str]) -> dict[str, str]:
    return {name: value for name, value in tags.items() if name.lower() in names}


def _packets(source: Any, tracks: list[Any]) -> Iterator[Any]:
    """Up to the end, or to where the container breaks off."""
    with suppress(av.FFmpegError):
        for packet in source.demux(tracks):
            if packet.size or packet.dts is not None:  # else it is the end of a track
                yield packet


def _shown(packets: Iterable[Any]) -> Iterator[Any]:
    """Without those at the end of a track that an edit list cuts off; of others that it hides, later ones are made."""
    hidden: dict[int, list[Any]] = defaultdict(list)
    for packet in packets:
        hidden[packet.stream.index].append(packet)
        if not packet.is_discard:
            yield from hidden.pop(packet.stream.index)


def _mp3_frames(packets: Iterable[Any]) -> Iterator[Any]:
    """Without what is no frame: FFmpeg passes tags on that follow the last one."""
    for packet in packets:
        data = bytes(packet)
        length = mp3_frame_bytes(data[:4])
        if length:
            yield packet if length >= len(data) else _with_data(packet, data[:length])


def _flac_frames(packets: Iterable[Any]) -> Iterator[Any]:
    """Without what follows the last one: its packet reaches to the end of the file."""
    last = None
    for packet in packets:
        if last is not None:
            yield last
        last = packet
    if last is not None and (length := flac_frame_bytes(bytes(last))):
        yield _with_data(last, bytes(last)[:length])


_ENDED: dict[str, Callable[[Iterable[Any]], Iterator[Any]]] = {"mp3": _mp3_frames, "flac": _flac_frames}
"""Formats whose last frame ends where the file does, for a demuxer; tags of another format may lie between."""


def _with_data(packet: Any, data: bytes) -> Any:
    made = av.Packet(data)
    made.stream, made.time_base = packet.stream, packet.time_base
    made.pts, made.dts, made.duration = packet.pts, packet.dts, packet.duration
    return made


def without_comments(headers: bytes) -> bytes:
    """The three headers of a Vorbis stream with an empty second one; WebM keeps that as it was recorded.

    Args:
        headers: as FFmpeg and Matroska lay them side by side: 2, the laced sizes of the first two, and all three.

    Raises:
        ValueError: they do not look like that.
    """
    laced = re.match(rb"\x02(\xff*[^\xff])(\xff*[^\xff])", headers, re.DOTALL)
    at, sizes = (laced.end(), [sum(size) for size in laced.groups()]) if laced else (len(headers), [1])
    if at + sum(sizes) > len(headers):
        raise ValueError("a Vorbis stream has three headers")
    first, third = headers[at : at + sizes[0]], headers[at + sum(sizes) :]
    second = b"\x03vorbis" + bytes(8) + b"\x01"  # no vendor, no comments, the framing bit
    return bytes((2, *_lacing(len(first)), len(second))) + first + second + third


def _lacing(size: int) -> bytes:
    return b"\xff" * (size // 255) + bytes((size % 255,))


class _NamedWebm:
    """A Matroska file under the name of WebM, as the file was that it is made from."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self.seek, self.tell = out.seek, out.tell

    def write(self, data: bytes) -> int:
        return self._out.write(bytes(data).replace(_MATROSKA, _WEBM, 1))
