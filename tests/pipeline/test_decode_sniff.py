"""What a file is, told from its first bytes."""

import struct

import pytest

from pipeline.media import UnsupportedFormat
from pipeline.sniff import SNIFF_BYTES, sniff
from tests import media
from tests.pipeline.damage import sound_files


def ftyp(major: str, *compatible: str) -> bytes:
    body = major.encode() + bytes(4) + "".join(compatible).encode()
    return struct.pack(">I", 8 + len(body)) + b"ftyp" + body + bytes(64)


def id3(tag_bytes: int, then: bytes) -> bytes:
    size = bytes(tag_bytes >> shift & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x04\x00\x00" + size + bytes(tag_bytes) + then


LAYER_3 = b"\xff\xfb\x90\x00" + bytes(400)
ADTS = b"\xff\xf1\x50\x80" + bytes(400)


@pytest.mark.parametrize(("name", "data"), sound_files().items())
def test_every_accepted_format(name: str, data: bytes) -> None:
    assert sniff(data[:SNIFF_BYTES]) == {"opus": "ogg"}.get(name, name)


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (ftyp("heic", "mif1"), "heic"),
        (ftyp("mif1", "heic"), "heic"),
        (ftyp("msf1", "hevc"), "heic"),
        (ftyp("isom", "iso2", "avc1", "mp41"), "mp4"),
        (ftyp("3gp4", "isom"), "mp4"),
        (ftyp("XAVC", "XAVC", "mp42"), "mp4"),
        (ftyp("M4A ", "isom"), "m4a"),
        (ftyp("qt  "), "mov"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "mov"),
        (LAYER_3, "mp3"),
        (b"\xff\xfa\x90\x00" + bytes(40), "mp3"),
        (b"\xff\xe3\x40\x00" + bytes(40), "mp3"),
        (id3(200, LAYER_3), "mp3"),
        (id3(200, id3(100, LAYER_3)), "mp3"),
        (id3(2_000_000, b"")[:SNIFF_BYTES], "mp3"),
    ],
)
def test_heads(head: bytes, expected: str) -> None:
    assert sniff(head) == expected


@pytest.mark.parametrize(
    "head",
    [
        b"",
        bytes(SNIFF_BYTES),
        b"GIF89a" + bytes(40),
        b"%PDF-1.7",
        b"RIFF\0\0\0\0AVI " + bytes(40),
        b"\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska" + bytes(40),
        b"OggS" + bytes(24) + b"\x80theora" + bytes(40),
        b"#EXTM3U\n",
        ftyp("avif", "mif1"),
        ftyp("mif1", "avif"),
        ftyp("3gp4"),
        ADTS,
        id3(200, ADTS),
        b"\xff\xfb",
        b"\xff\xfb\xf0\x00" + bytes(40),
    ],
)
def test_what_is_not_accepted(head: bytes) -> None:
    with pytest.raises(UnsupportedFormat):
        sniff(head)


def test_jpeg_named_otherwise_is_a_jpeg_still() -> None:
    assert sniff(media.image("jpeg", media.photo())) == "jpeg"
