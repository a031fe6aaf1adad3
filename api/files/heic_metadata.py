"""Takes metadata out of HEIC files in place: the coded picture keeps its bytes and its offsets.

Boxes are those of ISO/IEC 14496-12, items and their places (`iinf`, `iloc`) those of its section 8.11.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO

from pipeline.media import CorruptMedia

_KEPT_BOXES = {b"ftyp", b"meta", b"mdat", b"idat"}
"""At the top level. A `moov` there is a live photo, `mpvd` the same from Samsung, `uuid` may hold XMP, and `free` and
`skip` whatever was there before."""
_EMPTY_XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
_EMPTY_TIFF = b"II*\0\x08\0\0\0" + bytes(6)
"""A header and a directory without entries."""
_EXIF_OFFSET_BYTES = 4
"""An Exif item begins with how far its TIFF header lies behind these bytes (ISO/IEC 23008-12, A.2.1)."""


@dataclass(frozen=True, slots=True)
class _Box:
    kind: bytes
    start: int
    body: int
    """Where the content begins."""
    end: int


def with_exif_only(data: bytes, exif: bytes | None) -> bytes:
    """The file with this EXIF block in the place of its own, where there is room, and no other metadata.

    Args:
        data: a HEIC file.
        exif: as `capture_facts` gives it.

    Raises:
        CorruptMedia: the boxes cannot be read.
    """
    made = bytearray(data)
    try:
        boxes = _whole_boxes(data)
        pieces = [piece for box in boxes if box.kind == b"meta" for piece in _blank_items(made, box, exif)]
        for box in boxes:
            if box.kind not in _KEPT_BOXES or (box.kind == b"mdat" and not _is_used(box, pieces)):
                made[box.start + 4 : box.end] = b"free" + bytes(box.end - box.start - 8)
    except (struct.error, StopIteration, ValueError) as error:
        raise CorruptMedia("The HEIC picture is damaged or cut off.") from error
    return bytes(made[: boxes[-1].end])


def _whole_boxes(data: bytes) -> list[_Box]:
    """Those at the top level, up to what is none: decoders pass over what follows the picture.

    Raises:
        ValueError: that begins where the picture has yet to come.
    """
    boxes: list[_Box] = []
    try:
        boxes.extend(_boxes(data, 0, len(data)))  # as far as they go
    except (struct.error, ValueError):
        end = boxes[-1].end if boxes else 0
        if data[end + 4 : end + 8] in _KEPT_BOXES:
            raise
    if b"meta" not in {box.kind for box in boxes}:
        raise ValueError("there is no picture")
    return boxes


def _is_used(mdat: _Box, pieces: list[tuple[int, int]]) -> bool:
    """Whether an item lies there; one of no size reaches to the end of the file."""
    return any(start < mdat.end and (not size_bytes or start + size_bytes > mdat.body) for start, size_bytes in pieces)


def _blank_items(made: bytearray, meta: _Box, exif: bytes | None) -> list[tuple[int, int]]:
    """Take the metadata out of what this box describes.

    Returns:
        Start and size of every piece of every item.
    """
    inside = {box.kind: box for box in _boxes(made, meta.body + 4, meta.end)}
    kinds = _item_kinds(made, inside[b"iinf"]) if b"iinf" in inside else {}
    inline = inside[b"idat"].body if b"idat" in inside else 0
    places = _item_places(made, inside[b"iloc"], inline) if b"iloc" in inside else {}
    for number, kind in kinds.items():
        for start, size_bytes in places.get(number, ()) if kind in (b"Exif", b"mime", b"uri ") else ():
            end = min(start + size_bytes, len(made))
            made[start:end] = _filling(kind, end - start, exif)
    return [piece for pieces in places.values() for piece in pieces]


def _filling(kind: bytes, size_bytes: int, exif: bytes | None) -> bytes:
    """Harmless content of exactly the size."""
    tiff = (exif or b"").removeprefix(b"Exif\0\0") or _EMPTY_TIFF
    if kind == b"Exif":
        fitting = tiff if _EXIF_OFFSET_BYTES + len(tiff) <= size_bytes else _EMPTY_TIFF
        return (bytes(_EXIF_OFFSET_BYTES) + fitting)[:size_bytes].ljust(size_bytes, b"\0")
    return (_EMPTY_XMP if len(_EMPTY_XMP) <= size_bytes else b"").ljust(size_bytes, b" ")


def _boxes(data: bytes | bytearray, start: int, end: int) -> Iterator[_Box]:
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1:
            (size,), body = struct.unpack_from(">Q", data, body), body + 8
        box_end = end if size == 0 else start + size
        if not body <= box_end <= end:
            raise ValueError(f"box {kind!r} at {start} ends at {box_end}, behind {end}")
        yield _Box(bytes(kind), start, body, box_end)
        start = box_end


def _item_kinds(data: bytearray, iinf: _Box) -> dict[int, bytes]:
    """Type of each item by its number."""
    count_bytes = 2 if data[iinf.body] == 0 else 4
    kinds = {}
    for entry in _boxes(data, iinf.body + 4 + count_bytes, iinf.end):
        number_format = ">I2x4s" if data[entry.body] == 3 else ">H2x4s"
        number, kind = struct.unpack_from(number_format, data, entry.body + 4)
        kinds[number] = bytes(kind)
    return kinds


def _item_places(data: bytearray, iloc: _Box, inline: int) -> dict[int, list[tuple[int, int]]]:
    """Start and size of every piece of each item, by its number.

    Args:
        inline: where the content of the `idat` box begins.
    """
    stream = BytesIO(data[iloc.body : iloc.end])
    version = _number(stream, 1)
    stream.seek(4)
    sizes = _number(stream, 2)
    offset_bytes, length_bytes, base_bytes, index_bytes = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    places: dict[int, list[tuple[int, int]]] = {}
    for _ in range(_number(stream, 2 if version < 2 else 4)):
        number = _number(stream, 2 if version < 2 else 4)
        is_inline = version > 0 and _number(stream, 2) & 15 == 1
        stream.seek(2, 1)  # data reference
        base = _number(stream, base_bytes) + (inline if is_inline else 0)
        for _ in range(_number(stream, 2)):
            stream.seek(index_bytes if version > 0 else 0, 1)
            start = base + _number(stream, offset_bytes)
            places.setdefault(number, []).append((start, _number(stream, length_bytes)))
    return places


def _number(stream: BytesIO, size_bytes: int) -> int:
    read = stream.read(size_bytes)
    if len(read) < size_bytes:
        raise ValueError("the places of the items are cut off")
    return int.from_bytes(read, "big")
