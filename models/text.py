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
"""A crop this much taller than wide is a line written upwards (PaddleOCR turns at the same ratio)."""

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
        found = [self._networks.find(view) for view in batch]
        crops = [straighten(view, corners) for view, regions in zip(batch, found, strict=True) for corners in regions]
        words = iter(self._networks.read(crops))
        pages: list[PageText | ItemError] = []
        for view, corners in zip(batch, found, strict=True):
            regions = [Region(region, next(words)) for region in corners]
            kept = [region for region in regions if _is_text(region)]
            pages.append(lay_out(kept, width=view.shape[1], height=view.shape[0]))
        return pages


def straighten(view: View, corners: NDArray[np.float32]) -> View:
    """The region as an upright crop; a line written upwards is turned to read from left to right."""
    top, right, bottom, left = (float(np.linalg.norm(corners[i] - corners[(i + 1) % 4])) for i in range(4))
    width, height = max(1, round(max(top, bottom))), max(1, round(max(left, right)))
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(corners, target)
    crop = cv2.warpPerspective(view, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    turned = np.rot90(crop) if height >= TALL * width else crop
    return np.ascontiguousarray(turned, dtype=np.uint8)


def _is_text(region: Region) -> bool:
    if not region.words:
        return False
    letters = sum(len(word.text) for word in region.words)
    confidence = sum(word.confidence * len(word.text) for word in region.words) / letters
    return confidence >= MIN_LINE_CONFIDENCE
