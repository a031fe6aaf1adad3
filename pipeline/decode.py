"""From bytes to arrays. What a file is gets read from its content; every failure is a `MediaError`."""

import hashlib
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from configs.settings import DecodeSettings
from pipeline.container import audio_track, open_container, video_track
from pipeline.decode_audio import decode_audio
from pipeline.decode_image import decode_image
from pipeline.decode_video import decode_video
from pipeline.media import MIME_TYPES, CorruptMedia, Decoded, MediaFacts, MediaTooLarge
from pipeline.sniff import SNIFF_BYTES, sniff

_HASH_CHUNK_BYTES = 1 << 20


def decode(source: Path | bytes, limits: DecodeSettings) -> Decoded:
    """Decode a file in this process. Hostile input belongs into a `DecodeProcess`.

    Raises:
        MediaError: the file is damaged, of no accepted format, or over a limit.
        FileNotFoundError: no such file.
    """
    with BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
        return _decode(stream, limits)


def _decode(stream: BinaryIO, limits: DecodeSettings) -> Decoded:
    file_format = sniff(stream.read(SNIFF_BYTES))
    size_bytes, digest = _measure(stream, limits)
    if MIME_TYPES[file_format][0] != "image":
        file_format = _by_tracks(stream, file_format)
    facts = MediaFacts(MIME_TYPES[file_format][0], file_format, size_bytes, digest)
    stream.seek(0)
    match facts.content_type:
        case "image":
            return decode_image(stream, facts, limits)
        case "video":
            return decode_video(stream, facts, limits)
        case "audio":
            with open_container(stream, file_format) as container:
                track = audio_track(container)
                if track is None:
                    raise CorruptMedia("The file holds no sound.")
                return decode_audio(container, track, facts, limits.max_audio_seconds)


def _measure(stream: BinaryIO, limits: DecodeSettings) -> tuple[int, str]:
    """Size in bytes and SHA-256."""
    stream.seek(0)
    digest, size_bytes = hashlib.sha256(), 0
    while chunk := stream.read(_HASH_CHUNK_BYTES):
        digest.update(chunk)
        size_bytes += len(chunk)
        if size_bytes > limits.max_size_bytes:
            raise MediaTooLarge(f"The file has more than {limits.max_size_bytes:,} bytes.")
    return size_bytes, digest.hexdigest()


def _by_tracks(stream: BinaryIO, file_format: str) -> str:
    """An MP4 or QuickTime file that holds sound alone is `m4a`; an `m4a` with pictures is `mp4`."""
    if file_format not in ("mp4", "mov", "m4a"):
        return file_format
    with open_container(stream, file_format) as container:
        has_video, has_audio = video_track(container) is not None, audio_track(container) is not None
    if not has_video and has_audio:
        return "m4a"
    return "mp4" if has_video and file_format == "m4a" else file_format
