"""Takes metadata out of JPEG, PNG and WebP files without touching what is drawn.

Every part of a file that says something of the picture's colours or pixels is copied as it is. Everything else goes,
with what follows the end of the picture: phones append whole videos there, with a position of their own.
"""

import re
import zlib
from collections.abc import Iterator

from pipeline.media import CorruptMedia

_JPEG_MARKER = re.compile(rb"\xff+[\x01-\xfe]")
"""Behind a segment; decoders pass over stray bytes before it."""
_JPEG_DATA_END = re.compile(rb"\xff+[\x01-\xcf\xd8-\xfe]")
"""A marker inside of coded data, other than a restart (T.81, B.1.1.2)."""
_EOI, _SOS, _APP0, _APP1, _APP2, _APP14, _COMMENT = 0xD9, 0xDA, 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
_JPEG_KEPT = {_APP0: b"JFIF\0", _APP2: b"ICC_PROFILE\0", _APP14: b"Adobe"}
"""Application segments that are needed to draw the picture, and how each begins."""
_JFIF_BYTES, _ADOBE_BYTES = 18, 16
"""With marker and length. A thumbnail may follow the one, anything the other."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {
    b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"cHRM", b"gAMA", b"iCCP", b"sBIT", b"sRGB", b"cICP", b"mDCV",
    b"cLLI", b"bKGD", b"hIST", b"pHYs", b"sPLT", b"acTL", b"fcTL", b"fdAT",
}  # fmt: skip

_PNG_DATA = {b"IDAT", b"fdAT"}
_PNG_UNDRAWN_BYTES = 16
"""Behind the last pixel: the end of the compressed data, their checksum and the chunk's. Decoders do without them."""

_WEBP_KEPT = {b"VP8X", b"ICCP", b"ANIM", b"ANMF", b"ALPH", b"VP8 ", b"VP8L"}
_WEBP_KEPT_IN_FRAME = {b"ALPH", b"VP8 ", b"VP8L"}
_WEBP_FRAME_HEAD_BYTES = 16
_WEBP_HAS_EXIF, _WEBP_HAS_XMP = 0x08, 0x04


def with_exif_only(data: bytes, file_format: str, exif: bytes | None) -> bytes:
    """The file with this EXIF block as its only metadata.

    Args:
        data: a JPEG, PNG or WebP file.
        exif: as `capture_facts` gives it.

    Raises:
        CorruptMedia: the file ends inside of a part.
    """
    try:
        return b"".join(_REWRITERS[file_format](data, exif))
    except (IndexError, ValueError) as error:
        raise CorruptMedia(f"The {file_format.upper()} picture is damaged or cut off.") from error


def is_lossless_webp(data: bytes) -> bool:
    return any(kind == b"VP8L" for kind, _ in _webp_file_chunks(data))


def _jpeg(data: bytes, exif: bytes | None) -> Iterator[bytes]:
    yield data[:2]
    waiting = _segment(_APP1, exif) if exif else b""
    for marker, segment in _jpeg_segments(data):
        if marker != _APP0:  # JFIF comes first, where there is any
            yield waiting
            waiting = b""
        if _is_drawn(marker, segment):
            yield _without_rest(marker, segment)


def _is_drawn(marker: int, segment: bytes) -> bool:
    if marker in _JPEG_KEPT:
        return segment[4:].startswith(_JPEG_KEPT[marker])
    return not 0xE0 <= marker <= 0xEF and marker != _COMMENT


def _without_rest(marker: int, segment: bytes) -> bytes:
    """What a JFIF or Adobe segment says of the picture; the others as they are."""
    if marker == _APP0 and len(segment) >= _JFIF_BYTES:
        return _segment(marker, segment[4 : _JFIF_BYTES - 2] + bytes(2))  # a thumbnail of 0 × 0
    return _segment(marker, segment[4:_ADOBE_BYTES]) if marker == _APP14 else segment


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and bytes of each segment, that of a scan with its coded data, up to the end of the first picture."""
    position = 2
    while found := _JPEG_MARKER.search(data, position):
        start, marker = found.end() - 2, data[found.end() - 1]
        if marker == _EOI:
            break
        position = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
        if marker == _SOS:
            following = _JPEG_DATA_END.search(data, position)
            position = following.start() if following else len(data)
        yield marker, data[start:position]
    yield _EOI, bytes((0xFF, _EOI))  # also where the file has none, as decoders do


def _segment(marker: int, content: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2, "big") + content


def _png(data: bytes, exif: bytes | None) -> Iterator[bytes]:
    yield _PNG_SIGNATURE
    for kind, chunk in _png_chunks(data):
        if kind in _PNG_KEPT:
            yield chunk
        if kind == b"IHDR" and exif:
            yield _png_chunk(b"eXIf", _tiff(exif))
    yield _png_chunk(b"IEND", b"")


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Up to the end of the picture, or to where the file was cut off once its data are there."""
    position, has_data = len(_PNG_SIGNATURE), False
    while (kind := data[position + 4 : position + 8]) != b"IEND":
        end = position + 12 + _big(data, position)
        missing_bytes = end - len(data)
        if missing_bytes > 0:
            if kind in _PNG_DATA and missing_bytes <= _PNG_UNDRAWN_BYTES:
                yield kind, _png_chunk(kind, data[position + 8 : end - 4])
            elif not has_data or kind == b"IDAT":
                raise ValueError("a chunk is longer than the file")
            return
        has_data = has_data or kind == b"IDAT"
        yield kind, data[position:end]
        position = end


def _png_chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def _webp(data: bytes, exif: bytes | None) -> Iterator[bytes]:
    chunks = [(kind, _webp_content(kind, content)) for kind, content in _webp_file_chunks(data) if kind in _WEBP_KEPT]
    # Only the extended form (VP8X) has room for EXIF; the simple one has no metadata to begin with.
    if chunks and chunks[0][0] == b"VP8X":
        flags = chunks[0][1][0] & ~(_WEBP_HAS_EXIF | _WEBP_HAS_XMP) | (_WEBP_HAS_EXIF if exif else 0)
        chunks[0] = (b"VP8X", bytes((flags,)) + chunks[0][1][1:])
        chunks += [(b"EXIF", _tiff(exif))] if exif else []
    body = b"WEBP" + b"".join(_webp_chunk(kind, content) for kind, content in chunks)
    yield b"RIFF" + len(body).to_bytes(4, "little") + body


def _webp_content(kind: bytes, content: bytes) -> bytes:
    """Of a frame its head and what is drawn; chunks of any kind may lie between."""
    if kind != b"ANMF":
        return content
    inside = _webp_chunks(content, _WEBP_FRAME_HEAD_BYTES, len(content))
    drawn = (_webp_chunk(kind, part) for kind, part in inside if kind in _WEBP_KEPT_IN_FRAME)
    return content[:_WEBP_FRAME_HEAD_BYTES] + b"".join(drawn)


def _webp_file_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    return _webp_chunks(data, 12, min(len(data), 8 + int.from_bytes(data[4:8], "little")))


def _webp_chunks(data: bytes, position: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    while position + 8 <= end:
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        yield data[position : position + 4], data[position + 8 : position + 8 + size]
        position += 8 + size + size % 2


def _webp_chunk(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(4, "little") + content + bytes(len(content) % 2)


def _big(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 4], "big")


def _tiff(exif: bytes) -> bytes:
    return exif.removeprefix(b"Exif\0\0")


_REWRITERS = {"jpeg": _jpeg, "png": _png, "webp": _webp}
