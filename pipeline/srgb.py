"""Any Pillow picture as plain 8-bit sRGB on white."""

from functools import lru_cache
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

_PROBE = np.stack(np.meshgrid(*[np.linspace(0, 255, 5, dtype=np.uint8)] * 3, indexing="ij"), -1).reshape(5, 25, 3)
"""125 colours spread over the cube."""
_SAME_COLOUR_LEVELS = 2
"""A profile that moves no probed colour further is sRGB by another name; the variants in use differ by rounding."""


def reduced(image: Image.Image, target: tuple[int, int]) -> Image.Image:
    """The picture in 8 bits, box-averaged by whole factors towards, and not below, `target` (width, height)."""
    icc = image.info.get("icc_profile")
    plain = _averageable(image)
    factors = max(1, plain.width // target[0]), max(1, plain.height // target[1])
    if factors != (1, 1):
        plain = plain.reduce(factors)
    plain.info["icc_profile"] = icc  # `reduce` drops it
    return plain


def to_srgb(image: Image.Image) -> NDArray[np.uint8]:
    """Colours as sRGB, transparency laid on white; shape (height, width, 3).

    Args:
        image: of a mode that `reduced` returns. A profile that cannot be used counts as sRGB, as in browsers.
    """
    flat = _on_white(image)
    transform = _transform(image.info.get("icc_profile") or b"", flat.mode)
    if transform is not None:
        return np.asarray(ImageCms.applyTransform(flat, transform))
    return np.asarray(flat if flat.mode == "RGB" else flat.convert("RGB"))


def _averageable(image: Image.Image) -> Image.Image:
    """L, LA, RGB, RGBA or CMYK: modes whose samples can be averaged."""
    if image.mode.startswith(("I", "F")):
        return Image.fromarray(_high_bytes(image))
    if image.mode in ("P", "PA", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode in ("L", "LA", "RGB", "RGBA", "CMYK"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _high_bytes(image: Image.Image) -> NDArray[np.uint8]:
    """The upper 8 of 16 bits; Pillow's own conversion cuts values off at 255 instead."""
    samples = np.clip(np.asarray(image), 0, 0xFFFF).astype(np.uint16)
    return np.asarray(samples >> 8, np.uint8)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode not in ("LA", "RGBA"):
        return image
    rgba = image.convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, rgba).convert("L" if image.mode == "LA" else "RGB")


@lru_cache(maxsize=32)
def _transform(icc_profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From the profile to sRGB; `None` where nothing is to be done, or the profile is not one for this mode."""
    if not icc_profile:
        return None
    try:
        transform = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(BytesIO(icc_profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return None if mode == "RGB" and _is_identity(transform) else transform


def _is_identity(transform: ImageCms.ImageCmsTransform) -> bool:
    moved = np.asarray(ImageCms.applyTransform(Image.fromarray(_PROBE), transform)).astype(int)
    return bool(np.abs(moved - _PROBE).max() <= _SAME_COLOUR_LEVELS)
