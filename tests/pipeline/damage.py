"""Two hundred files that no honest camera wrote, the same ones in every run."""

import io
import struct
import zlib
from collections.abc import Iterator
from functools import cache

import av
import numpy as np
from PIL import Image

from tests import media

SEED = 7
FLIPS_PER_FILE = 10
TRUNCATIONS = (0.02, 0.3, 0.7, 0.97)


def damaged_files() -> Iterator[tuple[str, bytes]]:
    """Name and content: hand-made attacks, files cut short, and files with flipped bits."""
    yield from attacks().items()
    random = np.random.default_rng(SEED)
    for name, data in sound_files().items():
        yield from ((f"{name} cut to {share:.0%}", data[: int(share * len(data))]) for share in TRUNCATIONS)
        for index in range(FLIPS_PER_FILE):
            yield f"{name} flipped {index}", flipped(data, random, bits=(4, 40, 400)[index % 3])


@cache
def sound_files() -> dict[str, bytes]:
    """An undamaged small file of every format, with all kinds of metadata."""
    pixels = media.photo(size=(256, 192))
    files = {key: media.image(key, pixels, 6, (1.0, 2.0), media.colour_profile()) for key in media.IMAGE_FORMATS}
    files |= {key: media.audio(key, media.tone(0.5)) for key in (*media.AUDIO_FORMATS, "opus")}
    frames = media.footage(scene_seconds=0.25, size=(128, 96))
    files |= {key: media.video(key, frames, sound=media.tone(0.75)) for key in media.VIDEO_FORMATS}
    return files


def flipped(data: bytes, random: np.random.Generator, bits: int) -> bytes:
    """`bits` bits of the file turned over, a third of them among the first 512 bytes, where the headers are."""
    places = random.integers(0, len(data), bits)
    places[: bits // 3] %= 512
    damaged = np.frombuffer(data, np.uint8).copy()
    damaged[places] ^= (1 << random.integers(0, 8, bits)).astype(np.uint8)
    return damaged.tobytes()


@cache
def attacks() -> dict[str, bytes]:
    """Files made to hurt."""
    mp4 = media.video("mp4", media.footage(scene_seconds=0.25, size=(128, 96)))
    return {
        "empty": b"",
        "zero bytes": bytes(4096),
        "text": b"This is no picture.\n" * 100,
        "html": b"<!DOCTYPE html><html><svg onload='alert(1)'></svg></html>",
        "playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "pdf": b"%PDF-1.7\n" + bytes(1000),
        "only a JPEG header": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
        "only an ftyp box": mp4[:32],
        "PNG bomb": png_bomb(30_000, 30_000),
        "PNG just under the pixel limit": png_bomb(14_000, 14_000),
        "line of 100,000 pixels": line(100_000),
        "largest WebP": webp_canvas(16_383, 16_383),
        "WAV without samples": media.audio("wav", media.tone(0.0)),
        "WAV of 2 Hz": wav_of_rate(2),
        "WAV of 2 GHz": wav_of_rate(2_000_000_000),
        "MP4 without keyframes": without_keyframes(mp4),
        "MP4 without an index": mp4.replace(b"moov", b"skip"),
        "MP4 of huge frames": resized_header(mp4, 65_535, 65_535),
    }


def png_bomb(width: int, height: int, channels: int = 1) -> bytes:
    """All black: up to a gigabyte of nothing, deflated to a thousandth. `height` is a multiple of 1,000."""
    row_bytes = 1 + channels * width
    packer = zlib.compressobj(9)
    block = packer.compress(bytes(1000 * row_bytes)) + packer.flush(zlib.Z_FULL_FLUSH)
    zeros = height * row_bytes
    adler_32 = struct.pack(">I", zeros % 65_521 << 16 | 1)
    body = block[:2] + block[2:] * (height // 1000) + b"\x03\x00" + adler_32
    header = struct.pack(">IIBBBBB", width, height, 8, {1: 0, 3: 2}[channels], 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def line(width: int) -> bytes:
    """A PNG of one row."""
    file = io.BytesIO()
    Image.fromarray(np.arange(width, dtype=np.uint8)[np.newaxis]).save(file, "PNG")
    return file.getvalue()


def webp_canvas(width: int, height: int) -> bytes:
    """A WebP whose header declares this canvas and holds a picture of one pixel."""
    file = io.BytesIO()
    Image.new("RGB", (1, 1)).save(file, "WEBP")
    frame = file.getvalue()[12:]
    extended = b"VP8X" + struct.pack("<I", 10) + bytes(4) + _three_bytes(width - 1) + _three_bytes(height - 1)
    return b"RIFF" + struct.pack("<I", 4 + len(extended) + len(frame)) + b"WEBP" + extended + frame


def wav_of_rate(rate_hz: int) -> bytes:
    """A WAV that claims this sample rate."""
    wav = media.audio("wav", media.tone(0.5, channels=1))
    return wav[:24] + struct.pack("<II", rate_hz, (2 * rate_hz) % 2**32) + wav[32:]


def without_keyframes(mp4: bytes) -> bytes:
    """The same video less the frames that decoding can start from."""
    file = io.BytesIO()
    with av.open(io.BytesIO(mp4)) as source, av.open(file, "w", format="mp4") as copy:
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None and not packet.is_keyframe:
                packet.stream = stream
                copy.mux(packet)
    return file.getvalue()


def resized_header(mp4: bytes, width: int, height: int) -> bytes:
    """The sample entry `avc1` with another frame size."""
    start = mp4.index(b"avc1", mp4.index(b"stsd")) + 28
    return mp4[:start] + struct.pack(">HH", width, height) + mp4[start + 4 :]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _three_bytes(number: int) -> bytes:
    return number.to_bytes(3, "little")
