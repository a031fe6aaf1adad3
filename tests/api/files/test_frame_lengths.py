"""Frames end where their headers and checksums say."""

import pytest

from api.files.frame_lengths import flac_frame_bytes, mp3_frame_bytes
from tests import media
from tests.api.files.rich import packets, tagged


@pytest.mark.parametrize(("header", "size_bytes"), [
    ("fffb9064", 417),  # MPEG-1, 128 kbit/s, 44.1 kHz
    ("fffb9264", 418),  # padded
    ("fffb14c4", 96),  # 32 kbit/s, 48 kHz
    ("fffbe8c4", 1440),  # 320 kbit/s, 32 kHz
    ("fff340c4", 104),  # MPEG-2, 32 kbit/s, 22.05 kHz
    ("ffe318c4", 72),  # MPEG-2.5, 8 kbit/s, 8 kHz
    ("fffd9064", 0),  # layer II
    ("fffb0064", 0),  # of no length
    ("fffbf064", 0),
    ("fffb9c64", 0),  # of no sample rate
    ("ffeb9064", 0),  # of no version
    ("54414700", 0),  # TAG
    ("fffb90", 0),
])  # fmt: skip
def test_mp3(header: str, size_bytes: int) -> None:
    assert mp3_frame_bytes(bytes.fromhex(header)) == size_bytes


def test_every_frame_that_lame_writes(tmp_path) -> None:
    path = tmp_path / "sound.mp3"
    path.write_bytes(media.audio("mp3", media.tone(1.0)))
    assert all(mp3_frame_bytes(data) == len(data) for _, _, data in packets(path)["audio"])


def test_flac(tmp_path) -> None:
    path = tmp_path / "sound.flac"
    path.write_bytes(tagged("flac"))
    frames = [data for _, _, data in packets(path)["audio"]]
    assert [flac_frame_bytes(frame) for frame in frames] == list(map(len, frames))
    assert flac_frame_bytes(frames[0] + b"TAG" + bytes(range(125))) == len(frames[0])
    assert flac_frame_bytes(frames[0][:-1]) == flac_frame_bytes(b"") == 0
