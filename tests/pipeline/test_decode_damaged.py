"""Two hundred damaged files: each gives a value or a typed error, in bounded time and memory, and harms no other."""

import time
from collections import Counter
from pathlib import Path

import pytest

from configs.settings import DecodeSettings
from pipeline.decode_process import Decoder
from pipeline.media import CorruptMedia, MediaError, MediaTooLarge, UnsupportedFormat
from tests import media
from tests.pipeline.damage import attacks, damaged_files
from tests.pipeline.processes import decoding_processes

MOST_SECONDS = 20.0
"""The slowest, 196 megapixels of PNG, takes 3 s on an idle core."""
MOST_RESIDENT_BYTES = 600e6


def peak_resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def outcome(decoder: Decoder, data: bytes) -> str:
    try:
        return f"a {decoder.decode(data).facts.format}"
    except MediaError as error:
        return type(error).__name__


def test_two_hundred_damaged_files() -> None:
    good = media.image("jpeg", media.photo())
    outcomes: Counter[str] = Counter()
    peak_bytes = 0
    others = decoding_processes()
    with Decoder(DecodeSettings(view_pixels=640)) as decoder:
        for name, data in damaged_files():
            start = time.monotonic()
            outcomes[outcome(decoder, data)] += 1
            assert time.monotonic() - start < MOST_SECONDS, name
            assert decoder.decode(good).facts.width == 640, name
            peak_bytes = max(peak_bytes, *map(peak_resident_bytes, decoding_processes() - others))
    assert 0 < peak_bytes < MOST_RESIDENT_BYTES
    assert outcomes.total() >= 200
    assert outcomes.keys() >= {"CorruptMedia", "UnsupportedFormat", "MediaTooLarge"}


@pytest.mark.parametrize(("name", "expected"), [
    ("empty", UnsupportedFormat),
    ("zero bytes", UnsupportedFormat),
    ("playlist", UnsupportedFormat),
    ("only a JPEG header", CorruptMedia),
    ("only an ftyp box", CorruptMedia),
    ("PNG bomb", MediaTooLarge),
    ("largest WebP", MediaTooLarge),
    ("WAV without samples", CorruptMedia),
    ("WAV of 2 Hz", MediaTooLarge),
    ("WAV of 2 GHz", CorruptMedia),
    ("MP4 without keyframes", CorruptMedia),
    ("MP4 without an index", CorruptMedia),
])  # fmt: skip
def test_attack(name: str, expected: type[MediaError], decoder: Decoder) -> None:
    with pytest.raises(expected, match=r"^[A-Z].+\.$"):
        decoder.decode(attacks()[name])


def test_line_of_one_pixel(decoder: Decoder) -> None:
    decoded = decoder.decode(attacks()["line of 100,000 pixels"])
    assert (decoded.facts.width, decoded.facts.height) == (100_000, 1)
    assert decoded.view.shape == (1, 2016, 3)


@pytest.fixture(scope="module")
def decoder():
    with Decoder(DecodeSettings()) as shared:
        yield shared
