"""Media of the demo: real photos out of installed packages, and what people do wrong with them.

Speech comes from espeak-ng. Nothing is fetched: without espeak-ng the demo has no speech and says so.
"""

import io
import shutil
import subprocess
import wave
from collections.abc import Iterator, Sequence
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

SAMPLE_RATE_HZ = 22_050
"""Of espeak-ng; all generated sound has it."""
FRAMES_PER_SECOND = 24
FRAME_SIZE = (480, 320)
"""Below the size of the photos, so that panning over them shows real detail."""

Pixels = NDArray[np.uint8]
Samples = NDArray[np.float32]


class SpeechMissingError(Exception):
    """espeak-ng is not installed."""


def photo_path(package: str, name: str) -> Path:
    """A photo inside an installed package.

    Raises:
        FileNotFoundError: the package or its photo is not there.
    """
    spec = find_spec(package)
    folders = list(spec.submodule_search_locations or ()) if spec else []
    for folder in ("data", "assets"):
        for path in (Path(base) / folder / name for base in folders):
            if path.is_file():
                return path
    raise FileNotFoundError(f"{name} of the package {package} is not installed: pip install 'assay[dev]'")


def photo(name: str, package: str = "skimage") -> Image.Image:
    """A photo of an installed package, RGB."""
    return Image.open(photo_path(package, name)).convert("RGB")


def as_jpeg(picture: Image.Image, quality: int = 92) -> bytes:
    """The bytes of a JPEG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def as_gif(picture: Image.Image) -> bytes:
    """The bytes of a GIF file, a format that no job accepts."""
    buffer = io.BytesIO()
    picture.convert("P").save(buffer, "GIF")
    return buffer.getvalue()


def enlarged(picture: Image.Image, factor: float) -> Image.Image:
    return picture.resize((round(picture.width * factor), round(picture.height * factor)), Image.Resampling.LANCZOS)


def blurred(picture: Image.Image, radius_pixels: float = 14) -> Image.Image:
    return picture.filter(ImageFilter.GaussianBlur(radius_pixels))


def darkened(picture: Image.Image, factor: float = 0.07) -> Image.Image:
    return picture.point(lambda level: round(level * factor))


def cropped(picture: Image.Image, margin: float = 0.03) -> Image.Image:
    """Without a margin on each side: what a screenshot of a photo does to it."""
    width, height = picture.size
    return picture.crop((round(width * margin), round(height * margin), round(width * (1 - margin)), height))


def speech(text: str, words_per_minute: int = 150) -> Samples:
    """English speech, float32 of shape (n,) at `SAMPLE_RATE_HZ`.

    Raises:
        SpeechMissingError: espeak-ng is not installed.
    """
    program = shutil.which("espeak-ng")
    if program is None:
        raise SpeechMissingError
    command = [program, "-v", "en-us", "-s", str(words_per_minute), "--stdout", text]
    spoken = subprocess.run(command, check=True, capture_output=True).stdout
    # Written to a pipe, the header's length is a guess: the samples are whatever follows its 44 bytes.
    samples = np.frombuffer(spoken[44 : len(spoken) // 2 * 2], "<i2")
    return samples.astype(np.float32) / np.float32(32768)


def with_noise(samples: Samples, noise_db: float) -> Samples:
    """Add white noise whose level is `noise_db` above that of the samples."""
    level = float(np.sqrt(np.mean(samples**2))) * 10 ** (noise_db / 20)
    noise = np.random.default_rng(1).normal(0, level, samples.shape)
    noisy = samples + noise
    return (noisy / max(1.0, float(np.abs(noisy).max()) / 0.95)).astype(np.float32)


def silence(seconds: float) -> Samples:
    return np.zeros(round(seconds * SAMPLE_RATE_HZ), np.float32)


def tones(seconds: float) -> Samples:
    """A quiet chord that swells, for video without speech."""
    at = np.arange(round(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    chord = sum(np.sin(2 * np.pi * hertz * at) for hertz in (220.0, 277.2, 329.6))
    return np.asarray(0.08 * chord * (0.6 + 0.4 * np.sin(2 * np.pi * 0.5 * at)), np.float32)


def as_wav(samples: Samples) -> bytes:
    """The bytes of a mono WAV file of 16 bits."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()


def pan(picture: Image.Image, seconds: float, zoom: float = 0.12) -> Iterator[Pixels]:
    """Frames of a slow pan and zoom over a photo, uint8 RGB of `FRAME_SIZE`."""
    source = np.asarray(picture)
    height, width = source.shape[:2]
    count = round(seconds * FRAMES_PER_SECOND)
    for index in range(count):
        progress = index / max(count - 1, 1)
        scale = min(width / FRAME_SIZE[0], height / FRAME_SIZE[1]) * (1 - zoom * (0.3 + 0.7 * progress))
        left = (width - FRAME_SIZE[0] * scale) * progress
        top = (height - FRAME_SIZE[1] * scale) * (1 - progress)
        window = np.array([[scale, 0, left], [0, scale, top]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        yield np.asarray(cv2.warpAffine(source, window, FRAME_SIZE, flags=flags), np.uint8)


def still(picture: Image.Image, seconds: float) -> Iterator[Pixels]:
    """The same frame for a while."""
    frame = np.asarray(picture.resize(FRAME_SIZE), np.uint8)
    return (frame for _ in range(round(seconds * FRAMES_PER_SECOND)))


def as_mp4(frames: Sequence[Pixels], samples: Samples) -> bytes:
    """The bytes of an MP4 file, H.264 and AAC; the sound is cut or padded to the length of the pictures."""
    length = round(len(frames) / FRAMES_PER_SECOND * SAMPLE_RATE_HZ)
    sound = np.pad(samples, (0, max(0, length - len(samples))))[:length]
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as container:
        # Both tracks are declared before the first packet: the muxer writes its header then.
        video = container.add_stream("libx264", rate=FRAMES_PER_SECOND, options={"crf": "20", "preset": "veryfast"})
        video.width, video.height = FRAME_SIZE
        video.pix_fmt = "yuv420p"
        audio = container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono")
        for pixels in frames:
            container.mux(video.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(video.encode(None))
        for frame in _audio_frames(sound):
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))
    return buffer.getvalue()


def _audio_frames(samples: Samples) -> Iterator[av.AudioFrame]:
    """Frames of 1,024 samples, which is what AAC encodes at a time."""
    for start in range(0, len(samples), 1024):
        frame = av.AudioFrame.from_ndarray(samples[None, start : start + 1024], format="fltp", layout="mono")
        frame.sample_rate = SAMPLE_RATE_HZ
        frame.pts, frame.time_base = start, Fraction(1, SAMPLE_RATE_HZ)
        yield frame
