"""Fitting a picture of any size on a detector's canvas, and boxes back into the picture."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

GREY = 114
"""The padding that YOLO networks are trained with."""

View = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Letterbox:
    """Where a scaled picture lies on a canvas, in pixels of the canvas.

    Same arithmetic as ultralytics 8.4 (`LetterBox`, centred): the rounding decides which pixels the network sees.
    """

    width: int
    height: int
    left: int
    top: int
    canvas_width: int
    canvas_height: int

    @classmethod
    def fit(cls, view_width: int, view_height: int, canvas: tuple[int, int], stride: int | None) -> "Letterbox":
        """Scale to the canvas (height, width), keeping proportions.

        Args:
            stride: cut the padding to what fills up a multiple of it; `None` keeps the whole canvas.
        """
        scale = min(canvas[0] / view_height, canvas[1] / view_width)
        width, height = max(round(view_width * scale), 1), max(round(view_height * scale), 1)
        padding_x, padding_y = canvas[1] - width, canvas[0] - height
        if stride is not None:
            padding_x, padding_y = padding_x % stride, padding_y % stride
        left, top = round(padding_x / 2 - 0.1), round(padding_y / 2 - 0.1)
        return cls(width, height, left, top, width + padding_x, height + padding_y)

    def draw(self, view: View) -> View:
        """The canvas with the picture on it, shape (canvas_height, canvas_width, 3)."""
        canvas = np.full((self.canvas_height, self.canvas_width, 3), GREY, np.uint8)
        place = canvas[self.top : self.top + self.height, self.left : self.left + self.width]
        cv2.resize(view, (self.width, self.height), dst=place, interpolation=cv2.INTER_LINEAR)
        return canvas

    def to_fractions(self, corners: NDArray[np.float32]) -> NDArray[np.float32]:
        """Corners on the canvas (x_min, y_min, x_max, y_max), shape (n, 4), as fractions of the picture; unclipped."""
        offset = np.array([self.left, self.top, self.left, self.top], np.float32)
        size = np.array([self.width, self.height, self.width, self.height], np.float32)
        return (corners - offset) / size
