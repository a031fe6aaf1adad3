"""Which crops go through a recogniser together."""

from collections.abc import Callable, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from models.text_layout import ReadWord

View = NDArray[np.uint8]
Words = tuple[ReadWord, ...]

FULL_BATCH_WIDTH = 512
"""Up to it, in pixels, a batch is full; of wider crops fewer share one, since a network keeps the memory of its largest
batch. A crop of 2,048 pixels took as long in a batch of 8 as in one of 2, and the 8 took 350 MB in each stream."""


def read_in_batches(
    crops: Sequence[View],
    padded_width: Callable[[View], int],
    crops_per_batch: int,
    read: Callable[[Sequence[View], int], list[Words]],
) -> list[Words]:
    """Words of every crop, in order.

    Only crops of one padded width share a batch, so the padding of a crop, and with it what is read, does not
    depend on the others.

    Args:
        padded_width: the width, in pixels, at which a crop enters the network.
        read: reads crops at a padded width.
    """
    words: list[Words] = [()] * len(crops)
    widths = [padded_width(crop) for crop in crops]
    for width, group in groupby(sorted(range(len(crops)), key=widths.__getitem__), key=widths.__getitem__):
        members = list(group)
        together = max(1, crops_per_batch * FULL_BATCH_WIDTH // max(width, FULL_BATCH_WIDTH))
        for start in range(0, len(members), together):
            batch = members[start : start + together]
            for index, found in zip(batch, read([crops[i] for i in batch], width), strict=True):
                words[index] = found
    return words
