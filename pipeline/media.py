"""Decoded media: what a file is and the arrays that the models look at."""

import struct
import zlib
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

ContentType = Literal["image", "audio", "video"]
SAMPLE_RATE_HZ = 16_000
"""Rate of every decoded audio track: what Whisper, Silero VAD and DNSMOS are trained on."""

MIME_TYPES: dict[str, tuple[ContentType, str]] = {
    "jpeg": ("image", "image/jpeg"),
    "png": ("image", "image/png"),
    "webp": ("image", "image/webp"),
    "heic": ("image", "image/heic"),
    "mp3": ("audio", "audio/mpeg"),
    "wav": ("audio", "audio/wav"),
    "m4a": ("audio", "audio/mp4"),
    "flac": ("audio", "audio/flac"),
    "ogg": ("audio", "audio/ogg"),
    "mp4": ("video", "video/mp4"),
    "mov": ("video", "video/quicktime"),
    "webm": ("video", "video/webm"),
}
"""Every format that is accepted, with its content type and MIME type."""


DAMAGE = (OSError, SyntaxError, ValueError, EOFError, RuntimeError, LookupError, TypeError, struct.error, zlib.error)
"""What Pillow's plugins and libheif raise on bytes that are not what they should be."""
BROKEN_METADATA = (*DAMAGE, AttributeError)
"""Besides, on tags of another type than they should be."""


class MediaError(Exception):
    """A file that cannot be scored. The message is fit for the worker who sent it."""

    code = "integrity.corrupt"


class CorruptMedia(MediaError):
    """The bytes do not decode as what they claim to be."""


class UnsupportedFormat(MediaError):
    """The content is of no accepted format, whatever the name says."""

    code = "integrity.unsupported_format"


class MediaTooLarge(MediaError):
    """More pixels, seconds or memory than the limits allow."""

    code = "integrity.too_large"


class DecodeTimeout(MediaError):
    """Decoding took longer than the limit and was stopped."""

    code = "integrity.timeout"


@dataclass(frozen=True, slots=True)
class Position:
    """Where a file says that it was captured."""

    latitude_degrees: float
    longitude_degrees: float


@dataclass(frozen=True, slots=True)
class MediaFacts:
    """What a file is, read from its content."""

    content_type: ContentType
    format: str
    """A key of `MIME_TYPES`."""
    size_bytes: int
    sha256: str
    width: int | None = None
    """Pixels as delivered, after EXIF rotation."""
    height: int | None = None
    duration_seconds: float | None = None
    fps: float | None = None
    codecs: tuple[str, ...] = ()
    """Video codec first, as FFmpeg names them."""
    sample_rate_hz: int | None = None
    """Of the file, before resampling."""
    channels: int | None = None
    position: Position | None = None

    @property
    def mime_type(self) -> str:
        return MIME_TYPES[self.format][1]


@dataclass(frozen=True, slots=True)
class PictureSize:
    """In pixels, upright."""

    width: int
    height: int


@dataclass(frozen=True, slots=True)
class DecodedImage:
    """A picture, upright, in sRGB, scaled to the largest size that a model needs."""

    facts: MediaFacts
    view: NDArray[np.uint8]
    """Shape (height, width, 3), RGB, long side at most `DecodeSettings.view_pixels`."""

    def __post_init__(self) -> None:
        if self.view.ndim != 3 or self.view.shape[2] != 3 or self.view.dtype != np.uint8:
            raise ValueError(f"a view is uint8 of shape (height, width, 3), got {self.view.dtype} {self.view.shape}")


@dataclass(frozen=True, slots=True)
class DecodedAudio:
    """A recording, mixed to one channel at `SAMPLE_RATE_HZ`."""

    facts: MediaFacts
    samples: NDArray[np.float32]
    """Shape (samples,), full scale is ±1."""
    clipping_ratio: float
    """Share of samples at full scale in a run of three or more, measured before resampling."""

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.samples.dtype != np.float32:
            raise ValueError(f"samples are float32 of shape (n,), got {self.samples.dtype} {self.samples.shape}")

    @property
    def duration_seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One picture out of a video."""

    at_seconds: float
    view: NDArray[np.uint8]
    """Shape (height, width, 3), RGB, upright."""
    starts_scene: bool
    """The first sampled frame after a cut (or of the file)."""


@dataclass(frozen=True, slots=True)
class DecodedVideo:
    """A video as a bounded number of frames, its motion, and its sound."""

    facts: MediaFacts
    frames: tuple[VideoFrame, ...]
    """In order of time, at least one."""
    frame_change: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    """Mean absolute difference of successive analysed frames (64 px grey), 0–255, shape (analysed - 1,)."""
    frame_shift: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))
    """Global translation by phase correlation of those that are at most a quarter of a second apart, in fractions of
    the width, shape (at most analysed - 1,)."""
    audio: DecodedAudio | None = None
    """`None` when there is no audio track."""
    on_gpu: bool = False
    """Whether the frames came from NVDEC."""


Decoded = DecodedImage | DecodedAudio | DecodedVideo
