"""The 64-bit perceptual hash of a picture (Zauner 2010, "Implementation and benchmarking of perceptual hashes")."""

import cv2
import numpy as np
from numpy.typing import NDArray

_SIDE, _KEPT = 32, 8
_BIT_VALUES = np.uint64(1) << np.arange(63, -1, -1, dtype=np.uint64)


def perceptual_hash(grey: NDArray[np.uint8]) -> int:
    """Which of the lowest 8 × 8 DCT coefficients of a grey picture, shape (height, width), exceed their median.

    The layout is that of `imagehash.phash`: row by row, the highest bit first. Rescaling, recompression and a
    change of brightness flip few bits; cropping flips many.
    """
    small = cv2.resize(grey, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    lowest = cv2.dct(small.astype(np.float32))[:_KEPT, :_KEPT]
    flat = lowest.ravel()
    median = np.sort(flat)[_KEPT * _KEPT // 2 - 1 :][:2].sum() / np.float32(2)  # with `np.median`: 85 µs and not 53
    return int(_BIT_VALUES[flat > median].sum(dtype=np.uint64))


def hash_text(value: int) -> str:
    """The hash as 16 hexadecimal digits."""
    return f"{value:016x}"
