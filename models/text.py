"""Text in pictures: find the lines, read them, lay them out. The networks come from a backend."""

from collections.abc import Sequence
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from models.loading import load_backend
from models.outputs import ItemError, ModelIdentity, PageText
from models.runtime.device import Placement
from models.text_layout import ReadWord, Region, lay_out
from models.weights import Weights

BACKENDS = {"ppocr": "models.text_ppocr:load", "easyocr": "models.text_easyocr:load"}
MIN_LINE_CONFIDENCE = 0.5
"""Regions read with less are texture, not text (the `text_score` that RapidOCR ships with)."""
TALL = 1.5
"""A region this much taller than wide may run upwards or downwards (PaddleOCR turns at the same ratio)."""
LONE_LETTER = 3.0
"""A region this much taller than wide is no upright letter; `l` and `1` with their margins stay below."""

View = NDArray[np.uint8]


class TextNetworks(Protocol):
    """What a backend supplies."""

    identity: ModelIdentity

    def find(self, view: View) -> NDArray[np.float32]:
        """Corners of the text regions of one picture, shape (regions, 4, 2), pixels, clockwise from top left."""

    def read(self, crops: Sequence[View]) -> list[tuple[ReadWord, ...]]:
        """Words of every crop, in order. What is read in one crop does not depend on the others."""


def load(weights: Weights, placement: Placement, *, backend: str, **options: Any) -> "TextModel":
    """Load the networks of a backend.

    Raises:
        ValueError: no such backend.
    """
    return TextModel(load_backend(BACKENDS, backend, weights, placement, options))


class TextModel:
    """Item: RGB view, uint8, shape (height, width, 3). Output: `PageText`."""

    def __init__(self, networks: TextNetworks) -> None:
        self._networks = networks

    @property
    def identity(self) -> ModelIdentity:
        return self._networks.identity

    def cost(self, item: View) -> float:
        """Megapixels."""
        return float(item.shape[0] * item.shape[1]) / 1e6

    def warm_up(self) -> None:
        page = np.full((480, 640, 3), 255, np.uint8)
        cv2.putText(page, "warm up", (60, 240), cv2.FONT_HERSHEY_SIMPLEX, 3, (0, 0, 0), 6)
        self.run([page])

    def run(self, batch: Sequence[View]) -> list[PageText | ItemError]:
        """Lines of every picture are recognised together, whichever picture they come from."""
        found = [[directions(corners) for corners in self._networks.find(view)] for view in batch]
        crops = [
            straighten(view, corners)
            for view, regions in zip(batch, found, strict=True)
            for ways in regions
            for corners in ways
        ]
        words = iter(self._networks.read(crops))
        pages: list[PageText | ItemError] = []
        for view, regions in zip(batch, found, strict=True):
            read = [max((Region(corners, next(words)) for corners in ways), key=confidence) for ways in regions]
            kept = [region for region in read if confidence(region) >= MIN_LINE_CONFIDENCE]
            pages.append(lay_out(kept, width=view.shape[1], height=view.shape[0]))
        return pages


def directions(corners: NDArray[np.float32]) -> list[NDArray[np.float32]]:
    """The ways in which a region may have been written: corners (4, 2), clockwise from the text's own top left.

    A tall one runs upwards or downwards, and only reading it both ways tells; one that is not very tall may as well
    be a lone upright letter.
    """
    width, height = _size(corners)
    if height < TALL * width:
        return [corners]
    turned = [np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0)]
    return [corners, *turned] if height < LONE_LETTER * width else turned


def straighten(view: View, corners: NDArray[np.float32]) -> View:
    """The region as a crop whose text runs from left to right."""
    width, height = _size(corners)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    crop = cv2.warpPerspective(view, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)


def confidence(region: Region) -> float:
    """Mean over the letters; 0 when nothing was read."""
    letters = sum(len(word.text) for word in region.words)
    return sum(word.confidence * len(word.text) for word in region.words) / max(1, letters)


def _size(corners: NDArray[np.float32]) -> tuple[int, int]:
    """Width and height along the text's own directions, pixels, at least 1."""
    top, right, bottom, left = (float(np.linalg.norm(corners[i] - corners[(i + 1) % 4])) for i in range(4))
    return max(1, round(max(top, bottom))), max(1, round(max(left, right)))
