"""PP-OCR (PaddleOCR's networks, as the `rapidocr` package carries them) on the runtime seam."""

from collections.abc import Sequence

import cv2
import numpy as np
import openvino
from numpy.typing import NDArray
from rapidocr.ch_ppocr_det.utils import DBPostProcess

from models.ctc import best_path
from models.outputs import ModelIdentity
from models.runtime.device import Placement
from models.runtime.openvino_network import MANY_SHAPES, compile_model
from models.text_crops import View, Words, read_in_batches
from models.text_ppocr_graph import best_class_only, cheap_head
from models.weights import Weights

DETECTOR, RECOGNISER = "PP-OCRv6_det_small.onnx", "PP-OCRv6_rec_small.onnx"
STRIDE = 32
"""The detector halves its input five times."""
CROP_HEIGHT = 48
CROP_WIDTH_STEP = 64
"""Crops are padded to a multiple of it: few shapes to compile, and a width that no other crop decides."""
MAX_CROP_WIDTH = 2048


def load(
    weights: Weights,
    placement: Placement,
    *,
    canvas: int = 960,
    fine_canvas: int = 1600,
    fine_below_pixels: float = 16.0,
    crops_per_batch: int = 8,
) -> "PpOcr":
    """Compile both networks.

    Args:
        canvas: long side of the picture that the detector sees.
        fine_canvas: long side of a second look at pictures whose text is small.
        fine_below_pixels: text of this height on the canvas, or lower, calls for the second look.
        crops_per_batch: lines of text that go through the recogniser at once.
    """
    return PpOcr(weights, placement, (canvas, fine_canvas), fine_below_pixels, crops_per_batch)


class PpOcr:
    """A differentiable-binarization detector (Liao et al. 2020) and a CTC recogniser."""

    def __init__(
        self,
        weights: Weights,
        placement: Placement,
        canvases: tuple[int, int],
        fine_below_pixels: float,
        crops_per_batch: int,
    ) -> None:
        self.identity = ModelIdentity("text", weights.name, weights.version, weights.digest, placement.precision)
        self._canvas, self._fine_canvas = canvases
        self._fine_below_pixels = fine_below_pixels
        self._crops_per_batch = crops_per_batch
        detector, recogniser = (openvino.Core().read_model(weights.path(name)) for name in (DETECTOR, RECOGNISER))
        self._detector = compile_model(cheap_head(detector), placement, **MANY_SHAPES)
        self._characters = _characters(recogniser)
        self._recogniser = compile_model(best_class_only(recogniser), placement, **MANY_SHAPES)
        # The values that PaddleOCR's own detector is run with.
        self._boxes = DBPostProcess(thresh=0.3, box_thresh=0.5, unclip_ratio=1.6, use_dilation=True)

    def find(self, view: View) -> NDArray[np.float32]:
        """A coarse look, and a fine one when the text it found is small."""
        corners = self._find_at(view, self._canvas)
        scale = min(1.0, self._canvas / max(view.shape[:2]))
        if len(corners) and scale < 1 and _low_line_height(corners) * scale < self._fine_below_pixels:
            return self._find_at(view, self._fine_canvas)
        return corners

    def _find_at(self, view: View, canvas: int) -> NDArray[np.float32]:
        height, width = view.shape[:2]
        scale = min(1.0, canvas / max(height, width))
        size = tuple(max(STRIDE, round(side * scale / STRIDE) * STRIDE) for side in (width, height))
        picture = cv2.resize(view, size, interpolation=cv2.INTER_AREA)
        (likelihood,) = self._detector(_normalised(picture)[None])
        corners, _ = self._boxes(likelihood, (height, width))
        return np.asarray(corners, np.float32).reshape(-1, 4, 2)

    def read(self, crops: Sequence[View]) -> list[Words]:
        """Crops of one padded width go through together."""
        return read_in_batches(crops, _padded_width, self._crops_per_batch, self._read_batch)

    def _read_batch(self, crops: Sequence[View], width: int) -> list[Words]:
        pixels = np.zeros((len(crops), 3, CROP_HEIGHT, width), np.float32)
        used = []
        for row, crop in zip(pixels, crops, strict=True):
            scaled = min(width, max(1, round(CROP_HEIGHT * crop.shape[1] / crop.shape[0])))
            row[:, :, :scaled] = _normalised(cv2.resize(crop, (scaled, CROP_HEIGHT)))
            used.append(scaled / width)
        probabilities, classes = self._recogniser(pixels)
        return [best_path(classes[row], probabilities[row], self._characters, part) for row, part in enumerate(used)]


def _normalised(picture: View) -> NDArray[np.float32]:
    """BGR planes in -1…1, as the networks were trained; shape (3, height, width)."""
    return np.ascontiguousarray(picture[..., ::-1].transpose(2, 0, 1), dtype=np.float32) / 127.5 - 1.0


def _padded_width(crop: View) -> int:
    width = float(CROP_HEIGHT * crop.shape[1] / crop.shape[0])
    return min(MAX_CROP_WIDTH, max(1, -(-round(width) // CROP_WIDTH_STEP)) * CROP_WIDTH_STEP)


def _low_line_height(corners: NDArray[np.float32]) -> float:
    """Height of the lower lines (10th percentile), in pixels of the view."""
    return float(np.percentile(np.linalg.norm(corners[:, 3] - corners[:, 0], axis=1), 10))


def _characters(recogniser: openvino.Model) -> list[str]:
    """The alphabet that the network carries; class 0 is the CTC blank and the last one the space."""
    alphabet = recogniser.get_rt_info(["framework", "character"]).value
    return ["", *alphabet.split("\n")[: int(recogniser.output(0).partial_shape[2].get_length()) - 2], " "]
