"""Files that the sandbox submits: made up, of the format that the job wants, and really scored.

Pictures and videos show the job's own words as a poster. Recordings are read aloud where `espeak-ng` is installed
and are a chord elsewhere, which scores as what it is: no speech.
"""

import io
import shutil
import subprocess
import textwrap
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from pipeline.media import MIME_TYPES

PICTURE_SIZE = (1280, 960)
VIDEO_SIZE = (640, 480)
FRAMES_PER_SECOND = 12
SECONDS = 4.0
SPEECH_RATE_HZ = 22_050
"""Of espeak-ng."""
RATE_HZ = 48_000
BAD_EVERY = 4
"""Each fourth file is blurred, noisy or shaky: a sandbox without rejections would teach nothing."""

_AUDIO_CODECS = {"mp3": "libmp3lame", "wav": "pcm_s16le", "m4a": "aac", "flac": "flac", "ogg": "libopus"}
_CONTAINERS = {"m4a": "mp4", "mov": "mov", "mp4": "mp4", "webm": "webm"}
_VIDEO_CODECS = {"mp4": ("libx264", "aac"), "mov": ("libx264", "aac"), "webm": ("libvpx", "libopus")}

Samples = NDArray[np.float32]


def sample_file(format: str, text: str, number: int) -> bytes:
    """The bytes of a file.

    Args:
        format: a key of `MIME_TYPES`.
        text: what the job is about.
        number: makes one file differ from the next.
    """
    bad = number % BAD_EVERY == BAD_EVERY - 1
    match MIME_TYPES[format][0]:
        case "image":
            return _encode_picture(_poster(text, number, PICTURE_SIZE, bad=bad), format)
        case "audio":
            return _encode_sound(_sound(text, number, bad=bad), format)
        case "video":
            return _encode_video(text, number, format, bad=bad)


def _poster(text: str, number: int, size: tuple[int, int], *, bad: bool) -> Image.Image:
    random = np.random.default_rng(number)
    paper, ink = _colour(random, 200, 255), _colour(random, 0, 70)
    picture = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(picture)
    for _ in range(12):
        left, top = int(random.integers(0, size[0])), int(random.integers(0, size[1]))
        width, height = (int(side) for side in random.integers(20, size[0] // 4, 2))
        draw.ellipse((left, top, left + width, top + height), fill=_colour(random, 150, 255))
    font = ImageFont.load_default(size=size[1] // 14)
    lines = textwrap.wrap(f"No {number + 1}: {text}", 26)[:9]
    draw.multiline_text((size[0] // 14, size[1] // 12), "\n".join(lines), fill=ink, font=font, spacing=size[1] // 40)
    return picture.filter(ImageFilter.GaussianBlur(size[1] / 60)) if bad else picture


def _colour(random: np.random.Generator, low: int, high: int) -> tuple[int, int, int]:
    red, green, blue = (int(level) for level in random.integers(low, high, 3))
    return red, green, blue


def _encode_picture(picture: Image.Image, format: str) -> bytes:
    buffer = io.BytesIO()
    if format == "heic":
        pillow_heif.from_pillow(picture).save(buffer, quality=85)
    else:
        picture.save(buffer, format, quality=92)
    return buffer.getvalue()


def _sound(text: str, number: int, *, bad: bool) -> Samples:
    samples = _speech(text, number) if shutil.which("espeak-ng") else _chord(number)
    noise = np.random.default_rng(number).normal(0, 0.2 if bad else 1e-4, samples.shape)
    return np.clip(samples + noise, -1, 1).astype(np.float32)


def _speech(text: str, number: int) -> Samples:
    words_per_minute = str(140 + 5 * (number % 6))
    command = ["espeak-ng", "-v", "en-us", "-s", words_per_minute, "--stdout", f"Recording {number + 1}. {text}"]
    spoken = subprocess.run(command, check=True, capture_output=True).stdout
    # Written to a pipe, the header's length is a guess: the samples are whatever follows its 44 bytes.
    samples = np.frombuffer(spoken[44 : len(spoken) // 2 * 2], "<i2").astype(np.float32) / 32768
    at = np.arange(round(len(samples) * RATE_HZ / SPEECH_RATE_HZ)) * SPEECH_RATE_HZ / RATE_HZ
    return np.interp(at, np.arange(len(samples)), samples).astype(np.float32)


def _chord(number: int) -> Samples:
    at = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    hertz = 220.0 * 2 ** (number % 12 / 12)
    chord = sum(np.sin(2 * np.pi * hertz * ratio * at) for ratio in (1, 1.26, 1.5))
    return np.asarray(0.1 * chord * (0.6 + 0.4 * np.sin(np.pi * at)), np.float32)


def _encode_sound(samples: Samples, format: str) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=_CONTAINERS.get(format, format)) as container:
        stream = container.add_stream(_AUDIO_CODECS[format], rate=RATE_HZ, layout="mono")
        for frame in _audio_frames(samples):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def _encode_video(text: str, number: int, format: str, *, bad: bool) -> bytes:
    buffer = io.BytesIO()
    video_codec, audio_codec = _VIDEO_CODECS[format]
    with av.open(buffer, "w", format=_CONTAINERS[format]) as container:
        # Both tracks are declared before the first packet: the muxer writes its header then.
        video = container.add_stream(video_codec, rate=FRAMES_PER_SECOND)
        video.width, video.height = VIDEO_SIZE
        video.pix_fmt = "yuv420p"
        audio = container.add_stream(audio_codec, rate=RATE_HZ, layout="mono")
        for pixels in _pan(_poster(text, number, (800, 600), bad=False), shaky=bad):
            container.mux(video.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(video.encode(None))
        for frame in _audio_frames(_chord(number)):
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    return buffer.getvalue()


def _pan(poster: Image.Image, *, shaky: bool) -> Iterator[NDArray[np.uint8]]:
    count = round(SECONDS * FRAMES_PER_SECOND)
    random = np.random.default_rng(1)
    for index in range(count):
        left = (poster.width - VIDEO_SIZE[0]) * index // count
        top = int(random.integers(0, poster.height - VIDEO_SIZE[1])) if shaky else 40
        yield np.asarray(poster.crop((left, top, left + VIDEO_SIZE[0], top + VIDEO_SIZE[1])), np.uint8)


def _audio_frames(samples: Samples) -> Iterator[av.AudioFrame]:
    """Frames of 960 samples, which every codec here takes."""
    whole = np.pad(samples, (0, -len(samples) % 960))
    for start in range(0, len(whole), 960):
        frame = av.AudioFrame.from_ndarray(whole[None, start : start + 960], format="fltp", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.pts, frame.time_base = start, Fraction(1, RATE_HZ)
        yield frame
