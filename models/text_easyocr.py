"""EasyOCR's networks, CRAFT (Baek et al. 2019) and its English CRNN, on the runtime seam.

The `easyocr` package supplies the networks' definitions and CRAFT's post-processing; what is its own here is that
crops of all pictures are recognised together, each padded as EasyOCR pads it alone. Lines that run upwards or
downwards are lost, since EasyOCR joins words to lines horizontally.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from easyocr.config import recognition_models
from easyocr.craft_utils import adjustResultCoordinates, getDetBoxes
from easyocr.imgproc import normalizeMeanVariance, resize_aspect_ratio
from easyocr.utils import group_text_box
from numpy.typing import NDArray

from models.ctc import best_path
from models.outputs import ModelIdentity
from models.runtime.device import Placement
from models.runtime.torch_network import Input, load_module
from models.text_crops import View, Words, read_in_batches
from models.weights import Weights

DETECTOR, RECOGNISER = "craft_mlt_25k.pth", "english_g2.pth"
FOUND_WITH = {"text_threshold": 0.7, "link_threshold": 0.4, "low_text": 0.4}
GROUPED_WITH = {"slope_ths": 0.1, "ycenter_ths": 0.5, "height_ths": 0.5, "width_ths": 0.5, "add_margin": 0.1}
"""The defaults of `easyocr.Reader.readtext`, like those above."""
MIN_SIDE_PIXELS = 10
"""Regions with no longer side are dropped; `readtext` says 20, in pictures of twice the size of a view."""
CROP_HEIGHT = 64
HIDDEN = 256
"""Width of the recogniser's layers in EasyOCR's second generation."""


def load(weights: Weights, placement: Placement, *, canvas: int = 1920, crops_per_batch: int = 16) -> "EasyOcr":
    """Convert the networks for the CPU, once, or load them on CUDA.

    Args:
        canvas: long side of the picture that the detector sees; character error and seconds per picture on 12 MP
            menus are 0.97 % and 1.85 at 2560, 1.98 % and 1.18 at 1920, 9 % at 1280 (PERFORMANCE.md).
        crops_per_batch: lines of text that go through the recogniser at once.
    """
    return EasyOcr(weights, placement, canvas, crops_per_batch)


class EasyOcr:
    """A detector of characters and the links between them, and a CTC recogniser of English."""

    def __init__(self, weights: Weights, placement: Placement, canvas: int, crops_per_batch: int) -> None:
        self.identity = ModelIdentity("text", weights.name, weights.version, weights.digest, placement.precision)
        self._canvas = canvas
        self._crops_per_batch = crops_per_batch
        self._characters = ["", *recognition_models["gen2"]["english_g2"]["characters"]]
        classes = len(self._characters)
        picture, crops = Input((1, 3, -1, -1), traced_at=64), Input((-1, 1, CROP_HEIGHT, -1), traced_at=64)
        self._detector = load_module(lambda: _detector(weights.path(DETECTOR)), weights, placement, "craft", [picture])
        self._recogniser = load_module(
            lambda: _recogniser(weights.path(RECOGNISER), classes), weights, placement, "crnn", [crops]
        )

    def find(self, view: View) -> NDArray[np.float32]:
        """Words as CRAFT finds them, joined to lines as EasyOCR joins them."""
        picture, scale, _ = resize_aspect_ratio(view, self._canvas, interpolation=cv2.INTER_LINEAR)
        (scores,) = self._detector(np.ascontiguousarray(normalizeMeanVariance(picture).transpose(2, 0, 1)[None]))
        text, link = scores[0, :, :, 0], scores[0, :, :, 1]
        boxes, _, _ = getDetBoxes(text, link, **FOUND_WITH)
        corners = adjustResultCoordinates(boxes, 1 / scale, 1 / scale)
        level, tilted = group_text_box([np.array(box, np.int32).ravel() for box in corners], **GROUPED_WITH)
        regions = [_clipped(box, view) for box in level] + [np.array(box, np.float32) for box in tilted]
        kept = [region for region in regions if np.ptp(region, axis=0).max() > MIN_SIDE_PIXELS]
        return np.stack(kept) if kept else np.zeros((0, 4, 2), np.float32)

    def read(self, crops: Sequence[View]) -> list[Words]:
        """Crops of one padded width go through together."""
        return read_in_batches(crops, _padded_width, self._crops_per_batch, self._read_batch)

    def _read_batch(self, crops: Sequence[View], width: int) -> list[Words]:
        rows, used = zip(*(_prepared(crop, width) for crop in crops), strict=True)
        probabilities, classes = self._recogniser(np.stack(rows)[:, None])
        return [best_path(classes[row], probabilities[row], self._characters, part) for row, part in enumerate(used)]


def _clipped(box: Sequence[int], view: View) -> NDArray[np.float32]:
    """Corners of an upright box (x_min, x_max, y_min, y_max), cut off at the picture's edge."""
    height, width = view.shape[:2]
    left, right = max(0, box[0]), min(box[1], width)
    top, bottom = max(0, box[2]), min(box[3], height)
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def _padded_width(crop: View) -> int:
    """The next multiple of the height, as `easyocr.utils.get_image_list` has it."""
    heights_across: int = math.ceil(crop.shape[1] / crop.shape[0])
    return heights_across * CROP_HEIGHT


def _prepared(crop: View, width: int) -> tuple[NDArray[np.float32], float]:
    """Grey values in -1…1, shape (64, width), the last column repeated; and the part that is the crop's own."""
    grey = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    scaled = min(width, max(1, math.ceil(CROP_HEIGHT * crop.shape[1] / crop.shape[0])))
    pixels = cv2.resize(grey, (scaled, CROP_HEIGHT)).astype(np.float32) / 127.5 - 1.0
    return np.pad(pixels, ((0, 0), (0, width - scaled)), mode="edge"), scaled / width


def _detector(checkpoint: Path) -> Any:
    """CRAFT, giving the scores of text and link only, shape (1, height / 2, width / 2, 2)."""
    import torch
    from easyocr.craft import CRAFT

    class ScoresOnly(torch.nn.Module):  # type: ignore[misc]  # torch is not followed
        def __init__(self) -> None:
            super().__init__()
            self.network = CRAFT()
            self.network.load_state_dict(_state(checkpoint))

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return self.network(pixels)[0]

    return ScoresOnly()


def _recogniser(checkpoint: Path, class_count: int) -> Any:
    """The CRNN, giving the best class of every step and its probability."""
    import torch
    from easyocr.model.vgg_model import Model

    class BestClass(torch.nn.Module):  # type: ignore[misc]  # torch is not followed
        def __init__(self) -> None:
            super().__init__()
            self.network = Model(1, HIDDEN, HIDDEN, class_count)
            self.network.load_state_dict(_state(checkpoint))

        def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            # The mean over the height is EasyOCR's adaptive pooling, which a trace would fix to one width.
            features = self.network.FeatureExtraction(pixels).permute(0, 3, 1, 2).mean(3)
            for layer in self.network.SequenceModeling:
                # Its own forward lays the weights out anew at each call (flatten_parameters). On CUDA two threads, each
                # with a stream of its own, would do so at once, one of them from a copy that is still under way.
                features = layer.linear(layer.rnn(features)[0])
            steps = self.network.Prediction(features)
            probabilities, classes = torch.softmax(steps, 2).max(2)
            return probabilities, classes

    return BestClass()


def _state(checkpoint: Path) -> dict[str, Any]:
    """Weights without the `module.` that DataParallel put before their names."""
    import torch

    state = torch.load(checkpoint, map_location="cpu", weights_only=True)
    return {name.removeprefix("module."): tensor for name, tensor in state.items()}
