"""Photos that come with scikit-image, and ways to spoil them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter
from skimage import data

Picture = NDArray[np.uint8]
PHOTOS: dict[str, Callable[[], Picture]] = {
    "astronaut": data.astronaut,
    "chelsea": data.chelsea,
    "coffee": data.coffee,
    "rocket": data.rocket,
}


def photo(name: str) -> Picture:
    return np.ascontiguousarray(PHOTOS[name]())


def resized(picture: Picture, long_side: int) -> Picture:
    image = Image.fromarray(picture)
    scale = long_side / max(image.size)
    return np.asarray(image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS))


def blurred(picture: Picture, share: float) -> Picture:
    """Gaussian blur, sigma as a share of the long side."""
    return np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(max(picture.shape) * share)))


def darkened(picture: Picture, factor: float) -> Picture:
    """Less light: the linear values are multiplied."""
    return (((picture / 255.0) ** 2.2 * factor) ** (1 / 2.2) * 255).round().astype(np.uint8)


def noisy(picture: Picture, sigma: float, seed: int = 0) -> Picture:
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)
