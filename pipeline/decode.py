"""From a file to the arrays that the models look at, within limits, in the calling process.

What a stranger sent belongs in a process that can be killed: see `pipeline.decode_process`.
"""

import hashlib
from dataclasses import replace
from io import BufferedReader, BytesIO
from pathlib import Path

import av
import cv2
from av.container import InputContainer

from configs.settings import DecodeSettings
from pipeline.container import audio_track, open_container, video_track
from pipeline.decode_audio import decode_audio
from pipeline.decode_image import decode_image
from pipeline.decode_video import decode_video
from pipeline.media import MIME_TYPES, CorruptMedia, Decoded, DecodedAudio, DecodedVideo, MediaFacts, MediaTooLarge
from pipeline.sniff import SNIFF_BYTES, sniff

Source = Path | bytes
Stream = BytesIO | BufferedReader

_PICTURE_FORMATS = {"mp4": "mp4", "mov": "mov", "m4a": "mp4", "webm": "webm"}
_SOUND_FORMATS = {"mp4": "m4a", "mov": "m4a"}
"""What a container is called with moving pictures and without: its content decides, not its brand. WebM without
pictures stays WebM, with the content type `audio`."""

av.logging.set_level(None)


def decode(source: Source, limits: DecodeSettings) -> Decoded:
    """Decode a file of any accepted format; the content alone tells which one it is.

    Raises:
        UnsupportedFormat: the content is of no accepted format, or in a codec that is not accepted.
        MediaTooLarge: more bytes, pixels, seconds or memory than `limits` allow.
        CorruptMedia: the file is damaged, cut off or empty of media.
        OSError: `source` cannot be read at all.
    """
    with _open(source) as stream:
        facts = _facts(stream, limits)
        try:
            return (decode_image if facts.content_type == "image" else _decode_track)(stream, facts, limits)
        except (MemoryError, cv2.error) as error:  # our calls of OpenCV can fail for want of memory alone
            raise MediaTooLarge("Decoding the file takes more memory than allowed.") from error


def _open(source: Source) -> Stream:
    return BytesIO(source) if isinstance(source, bytes) else source.open("rb")


def _facts(stream: Stream, limits: DecodeSettings) -> MediaFacts:
    size_bytes = stream.seek(0, 2)
    if size_bytes > limits.max_size_bytes:
        raise MediaTooLarge(f"The file has {size_bytes:,} bytes; at most {limits.max_size_bytes:,} are accepted.")
    stream.seek(0)
    file_format = sniff(stream.read(SNIFF_BYTES))
    stream.seek(0)
    sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    stream.seek(0)
    return MediaFacts(MIME_TYPES[file_format][0], file_format, size_bytes, sha256)


def _decode_track(stream: Stream, facts: MediaFacts, limits: DecodeSettings) -> DecodedAudio | DecodedVideo:
    with open_container(stream, facts.format) as container:
        if facts.format not in _PICTURE_FORMATS or video_track(container) is None:
            return _decode_sound(container, facts, limits)
    return decode_video(stream, replace(facts, content_type="video", format=_PICTURE_FORMATS[facts.format]), limits)


def _decode_sound(container: InputContainer, facts: MediaFacts, limits: DecodeSettings) -> DecodedAudio:
    track = audio_track(container)
    if track is None:
        raise CorruptMedia("The file holds neither sound nor pictures.")
    facts = replace(facts, content_type="audio", format=_SOUND_FORMATS.get(facts.format, facts.format))
    audio = decode_audio(container, track, facts, limits.max_audio_seconds)
    if not len(audio.samples):
        raise CorruptMedia("The file holds no sound.")
    return audio
