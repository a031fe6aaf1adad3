"""What the client gets of an approved file: upright, and without a position unless the job keeps it.

What a stranger sent belongs in a process that can be killed: see `api.files.render_process`.
"""

import shutil
from pathlib import Path
from typing import Any, BinaryIO

import pillow_heif
from PIL import Image

from api.files import heic_metadata, picture_metadata
from api.files.capture_facts import capture_facts, orientation
from api.files.track_copy import copy_tracks
from pipeline.media import DAMAGE, MIME_TYPES, CorruptMedia, MediaTooLarge, PictureSize

_PLUGINS = {"jpeg": "JPEG", "png": "PNG", "webp": "WEBP", "heic": "HEIF"}
"""Pillow's plugin for each format: only the one that the content calls for may parse it."""

_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What undoes each value of the EXIF tag Orientation (EXIF 2.32, 4.6.4)."""
_NEEDED_TO_DRAW = ("icc_profile", "transparency")
_JPEG_OPTIONS = {"quality": 95, "subsampling": "4:4:4"}
_WEBP_OPTIONS = {"quality": 95, "method": 4, "exact": True}
_COPIED_AT_ONCE_BYTES = 1 << 20

pillow_heif.register_heif_opener(decode_threads=1, thumbnails=False)
# The engine has refused what has more pixels than its own limit, which is above Pillow's.
Image.MAX_IMAGE_PIXELS = None


def render(path: Path, out: BinaryIO, *, format: str, keep_location: bool) -> PictureSize | None:
    """Write to `out` what the client gets of the file at `path`. The same file gives the same bytes.

    A picture that stands upright keeps its pixels: only its metadata are exchanged for the facts of the capture. One
    that does not is turned and encoded again, PNG and lossless WebP without loss, the others at quality 95 with full
    colour; of an animation its first picture is left then. HEIC turns by itself, so it is never encoded again. Of
    sound and video the tracks are copied, with a few tags. With `keep_location` the file itself is copied, turned if
    need be.

    Args:
        out: empty; it can be sought in.
        format: of the content, a key of `MIME_TYPES`.

    Returns:
        Of a picture its size.

    Raises:
        CorruptMedia: the file is damaged, or no file of the format.
        MediaTooLarge: it takes more memory than the process may use.
    """
    try:
        if MIME_TYPES[format][0] == "image":
            return _render_picture(path, out, format, keep_location)
        if keep_location:
            _copy_whole(path, out)
        else:
            copy_tracks(path, out, format)
        return None
    except MemoryError as error:
        raise MediaTooLarge("Making the delivered file takes more memory than allowed.") from error


def _copy_whole(path: Path, out: BinaryIO) -> None:
    """The file itself."""
    with path.open("rb") as file:
        shutil.copyfileobj(file, out, _COPIED_AT_ONCE_BYTES)


def _render_picture(path: Path, out: BinaryIO, format: str, keep_location: bool) -> PictureSize:
    upright, exif, was_turned = _read(path, format, keep_location)
    if was_turned:
        kept: dict[str, Any] = {"exif": exif, "icc_profile": upright.info.get("icc_profile")}
        upright.save(out, **_options(path, format), **{name: value for name, value in kept.items() if value})
    elif keep_location:
        _copy_whole(path, out)
    else:
        out.write(_with_exif_only(path.read_bytes(), format, exif))
    return PictureSize(*upright.size)


def _read(path: Path, format: str, keep_location: bool) -> tuple[Image.Image, bytes | None, bool]:
    """The picture (decoded only when it had to be turned), its EXIF to be, and whether it was turned."""
    try:
        with Image.open(path, formats=(_PLUGINS[format],)) as image:
            turn, exif = _UPRIGHT.get(orientation(image)), capture_facts(image, keep_location=keep_location)
            upright = image if turn is None else image.transpose(turn)
            upright.info = {name: image.info[name] for name in _NEEDED_TO_DRAW if image.info.get(name) is not None}
            return upright, exif, turn is not None
    except DAMAGE as error:
        raise CorruptMedia(f"The {format.upper()} picture is damaged or cut off.") from error


def _options(path: Path, format: str) -> dict[str, Any]:
    """For Pillow's encoder."""
    if format == "jpeg":
        return {"format": "JPEG", **_JPEG_OPTIONS}
    if format == "webp":
        return {"format": "WEBP", **_WEBP_OPTIONS, "lossless": picture_metadata.is_lossless_webp(path.read_bytes())}
    return {"format": _PLUGINS[format]}


def _with_exif_only(data: bytes, format: str, exif: bytes | None) -> bytes:
    if format == "heic":
        return heic_metadata.with_exif_only(data, exif)
    return picture_metadata.with_exif_only(data, format, exif)
