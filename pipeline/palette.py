"""The colours that a picture is made of."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_SAMPLE_PIXELS = 128
"""Long side of the picture that is counted: 12,000 pixels name five colours as well as three million."""
_KMEANS_ROUNDS = 4


def color_palette(view: NDArray[np.uint8], count: int = 5) -> tuple[str, ...]:
    """At most `count` colours of an RGB picture as `#RRGGBB`, most frequent first.

    Median cut (Heckbert 1982) refined by k-means, both deterministic; fewer colours when the picture has fewer.
    """
    sample = Image.fromarray(view)
    sample.thumbnail((_SAMPLE_PIXELS, _SAMPLE_PIXELS), Image.Resampling.BOX)
    quantized = sample.quantize(count, Image.Quantize.MEDIANCUT, kmeans=_KMEANS_ROUNDS)
    pixels = np.bincount(np.asarray(quantized).ravel(), minlength=count)
    table = np.array(quantized.getpalette(), np.uint8).reshape(-1, 3)
    order = [index for index in np.argsort(-pixels, kind="stable") if pixels[index]]
    return tuple(dict.fromkeys("#{:02X}{:02X}{:02X}".format(*table[index]) for index in order))
