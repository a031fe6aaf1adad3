"""The colours that a picture is made of."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SAMPLE_PIXELS = 64
"""Long side of the picture that is counted. Its five colours lie 1.2% further from the pixels of a photo than those of
256 pixels do; of 48 or 32 it would be 2% and 4% (64 photos of the evaluation set), and 96 take up to twice as long."""
_KMEANS = (cv2.TERM_CRITERIA_COUNT | cv2.TERM_CRITERIA_EPS, 30, 0.5)
"""At most so many rounds, or until no colour moves by half a level."""


def color_palette(view: NDArray[np.uint8], count: int = 5) -> tuple[str, ...]:
    """At most `count` colours of an RGB picture as `#RRGGBB`, most frequent first.

    Median cut (Heckbert 1982) refined by k-means, both deterministic; fewer colours when the picture has fewer.
    """
    sample = Image.fromarray(view)
    sample.thumbnail((_SAMPLE_PIXELS, _SAMPLE_PIXELS), Image.Resampling.BOX)
    labels = np.asarray(sample.quantize(count, Image.Quantize.MEDIANCUT), np.int32).reshape(-1, 1)
    pixels = np.asarray(sample, np.float32).reshape(-1, 3)
    found = int(labels.max()) + 1
    centres = pixels.mean(axis=0, keepdims=True)
    if found > 1:  # Pillow's own k-means goes on until next to no pixel changes its colour: four times as long
        _, labels, centres = cv2.kmeans(pixels, found, labels, _KMEANS, 1, cv2.KMEANS_USE_INITIAL_LABELS)
    frequencies = np.bincount(labels.ravel(), minlength=found)
    order = [index for index in np.argsort(-frequencies, kind="stable") if frequencies[index]]
    return tuple(dict.fromkeys("#{:02X}{:02X}{:02X}".format(*np.rint(centres[index]).astype(int)) for index in order))
