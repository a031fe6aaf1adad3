"""What a file is, from its first bytes. The name and the sender's word for it are never asked."""

from collections.abc import Iterator

import filetype  # type: ignore[import-untyped]
from filetype.types import audio, image, video  # type: ignore[import-untyped]

from pipeline.media import UnsupportedFormat

SNIFF_BYTES = 64 * 1024
"""How much of a file `sniff` wants to see: enough to look behind most ID3 tags."""

_MATCHERS = {
    image.Jpeg(): "jpeg",
    image.Png(): "png",
    image.Webp(): "webp",
    audio.Wav(): "wav",
    audio.Flac(): "flac",
    video.Webm(): "webm",
}

_BRANDS = {
    "heic": ("heic", "heix", "heim", "heis", "hevc", "hevx"),
    "mov": ("qt  ",),
    "m4a": ("M4A ", "M4B "),
    "mp4": ("mp41", "mp42", "isom", "iso2", "iso3", "iso4", "iso5", "iso6", "avc1", "hvc1", "M4V ", "MSNV", "dash"),
}
"""Brands of ISO/IEC 14496-12 files by format, as registered at mp4ra.org. AVIF is not accepted, and
3GPP where it says that it is MP4 too."""
_FORMAT_OF_BRAND = {brand: key for key, brands in _BRANDS.items() for brand in brands}

_QUICKTIME_ATOMS = (b"moov", b"mdat", b"wide")
"""What QuickTime files older than the `ftyp` box begin with."""

_OGG_CODECS = (b"\x01vorbis", b"OpusHead", b"\x7fFLAC", b"Speex   ")
"""First bytes of the first packet of an Ogg stream that is sound (RFC 5334, section 10)."""
_OGG_FIRST_PACKET = 28
"""Its place: a page header of 27 bytes and one length byte (RFC 3533)."""


def sniff(head: bytes) -> str:
    """The key of `MIME_TYPES` for a file that starts with `head` (`SNIFF_BYTES` of it, or all of a shorter one).

    Only the container is told here: `decode` retypes an MP4 without pictures to `m4a`.

    Raises:
        UnsupportedFormat: no accepted format starts like this.
    """
    matcher = filetype.match(head, _MATCHERS)
    key = _MATCHERS.get(matcher) or _iso_bmff(head) or _ogg(head) or _mp3(head)
    if key is None:
        raise UnsupportedFormat("The file is empty." if not head else "The content is of no accepted file format.")
    return key


def _iso_bmff(head: bytes) -> str | None:
    if head[4:8] in _QUICKTIME_ATOMS:
        return "mov"
    if head[4:8] != b"ftyp":
        return None
    known = (_FORMAT_OF_BRAND[brand] for brand in _brands(head) if brand in _FORMAT_OF_BRAND)
    return next(known, None)


def _brands(head: bytes) -> Iterator[str]:
    """The major brand, then the compatible ones. The generic `mif1` and `msf1` say nothing of the codec."""
    box_bytes = int.from_bytes(head[:4], "big")
    yield head[8:12].decode("latin-1")
    for start in range(16, min(box_bytes, len(head)) - 3, 4):
        yield head[start : start + 4].decode("latin-1")


def _ogg(head: bytes) -> str | None:
    is_sound = head[:4] == b"OggS" and head[_OGG_FIRST_PACKET:].startswith(_OGG_CODECS)
    return "ogg" if is_sound else None


def _mp3(head: bytes) -> str | None:
    """MPEG audio of layer III, behind any ID3v2 tags. A tag that fills the whole head counts as MP3."""
    while head[:3] == b"ID3" and len(head) >= 10:
        tag_bytes = 10 + _synchsafe(head[6:10])
        if tag_bytes >= len(head):
            return "mp3"
        head = head[tag_bytes:].lstrip(b"\x00")
    return "mp3" if _is_layer_3_header(head[:4]) else None


def _synchsafe(size: bytes) -> int:
    """ID3v2.4, section 6.2: seven bits of every byte count."""
    return size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3]


def _is_layer_3_header(header: bytes) -> bool:
    """An MPEG audio frame header (ISO/IEC 11172-3, 2.4.2.3). ADTS has the same sync word and layer bits 00."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:
        return False
    version, layer = header[1] >> 3 & 0b11, header[1] >> 1 & 0b11
    bitrate, sample_rate = header[2] >> 4, header[2] >> 2 & 0b11
    return version != 0b01 and layer == 0b01 and bitrate not in (0, 15) and sample_rate != 0b11
