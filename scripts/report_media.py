"""What a report shows of a file: small pictures and a waveform, decoded once more in a process that may be killed."""

from base64 import b64encode
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from configs.settings import DecodeSettings
from pipeline.decode_process import Decoder
from pipeline.media import Decoded, DecodedAudio, DecodedImage, DecodedVideo, MediaError

PICTURE_PIXELS, FRAME_PIXELS = 900, 480
"""Long sides: what fills a card on a desktop screen, and what fills a cell of the strip on a phone."""
THUMBNAIL_PIXELS = 112
"""Twice the width of the summary's column, for screens of high density."""
PREVIEW_LIMITS = DecodeSettings(view_pixels=PICTURE_PIXELS, frame_pixels=FRAME_PIXELS)
JPEG_QUALITY = 72
"""A photo of 900 px is about 80 kB, so that a report of a hundred files can still be mailed."""
WAVEFORM_BARS = 240
_QUIETEST_FULL_HEIGHT = 0.05
"""Peak (full scale is 1) below which a recording is not stretched to the full height: silence has to look silent."""


@dataclass(frozen=True, slots=True)
class Still:
    """One picture of a file."""

    uri: str
    """A JPEG as a `data:` URI."""
    at_seconds: float | None = None
    """`None` for a photo."""
    starts_scene: bool = False


@dataclass(frozen=True, slots=True)
class Preview:
    """What can be seen of a file; empty when it may not be shown or does not open."""

    stills: tuple[Still, ...] = ()
    thumbnail: str = ""
    """The first picture as a `data:` URI of at most `THUMBNAIL_PIXELS`; empty for sound."""
    waveform: tuple[float, ...] = ()
    """Peak of each of `WAVEFORM_BARS` equal stretches, 0–1."""
    sound_seconds: float = 0.0


def preview(path: Path, decoder: Decoder) -> Preview:
    """Decode a file at the size of a report; one that does not open has an empty preview."""
    with suppress(MediaError, FileNotFoundError):
        return _preview(decoder.decode(path))
    return Preview()


def _preview(media: Decoded) -> Preview:
    match media:
        case DecodedImage():
            return Preview((Still(jpeg_uri(media.view)),), _thumbnail(media.view))
        case DecodedAudio():
            return Preview(waveform=peaks(media.samples), sound_seconds=media.duration_seconds)
        case DecodedVideo():
            stills = tuple(Still(jpeg_uri(frame.view), frame.at_seconds, frame.starts_scene) for frame in media.frames)
            thumbnail = _thumbnail(media.frames[0].view)
            if media.audio is None:
                return Preview(stills, thumbnail)
            return Preview(stills, thumbnail, peaks(media.audio.samples), media.audio.duration_seconds)


def jpeg_uri(picture: NDArray[np.uint8], long_side: int = PICTURE_PIXELS) -> str:
    """An RGB picture, uint8 of shape (height, width, 3), as a `data:` URI of at most `long_side` pixels."""
    buffer = BytesIO()
    image = Image.fromarray(picture)
    image.thumbnail((long_side, long_side))
    image.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + b64encode(buffer.getvalue()).decode("ascii")


def _thumbnail(picture: NDArray[np.uint8]) -> str:
    return jpeg_uri(picture, THUMBNAIL_PIXELS)


def peaks(samples: NDArray[np.float32]) -> tuple[float, ...]:
    """The largest magnitude in each of `WAVEFORM_BARS` stretches, the loudest stretched to 1.

    Args:
        samples: float32 of shape (n,), full scale is ±1.
    """
    if samples.size == 0:
        return ()
    loudest = np.array([np.abs(part).max(initial=0.0) for part in np.array_split(samples, WAVEFORM_BARS)])
    scaled = loudest / max(float(loudest.max()), _QUIETEST_FULL_HEIGHT)
    return tuple(round(float(peak), 3) for peak in scaled)
