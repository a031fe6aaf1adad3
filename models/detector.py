"""Objects in pictures. Finding them is a backend's work; what goes in and comes out is settled here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from models.loading import load_backend
from models.outputs import Box, Detection, ItemError, ModelIdentity
from models.runtime.device import Placement
from models.weights import Weights

BACKENDS = {
    "yolo": "models.detector_yolo:load",
    "ultralytics": "models.detector_ultralytics:load",
    "transformers": "models.detector_transformers:load",
}
"""`yolo` and `transformers` need only libraries under permissive licences; ultralytics is AGPL-3.0."""

View = NDArray[np.uint8]
Detections = tuple[Detection, ...]


class DetectorNetwork(Protocol):
    """What a backend supplies."""

    identity: ModelIdentity

    def detect(self, views: Sequence[View]) -> list[Detections]:
        """Objects of every picture, in order. What is found in one does not depend on the others."""


def load(weights: Weights, placement: Placement, *, backend: str, **options: Any) -> "DetectorModel":
    """Load the network of a backend.

    Raises:
        ValueError: no such backend, or weights that it cannot run.
        TypeError: the backend knows no such option.
    """
    return DetectorModel(load_backend(BACKENDS, backend, weights, placement, options))


class DetectorModel:
    """Item: RGB view, uint8, shape (height, width, 3), any size. Output: `Detection`s, most confident first."""

    def __init__(self, network: DetectorNetwork) -> None:
        self._network = network

    @property
    def identity(self) -> ModelIdentity:
        return self._network.identity

    def cost(self, item: View) -> float:
        """Megapixels."""
        return float(item.shape[0] * item.shape[1] / 1e6)

    def warm_up(self) -> None:
        self.run([np.full((480, 640, 3), 114, np.uint8)])

    def run(self, batch: Sequence[View]) -> list[Detections | ItemError]:
        """Pictures that are none become an `ItemError`; the others go through together.

        Raises:
            MemoryError: the batch does not fit the device; a smaller one may.
        """
        faults = [fault(view) for view in batch]
        pictures = [view for view, wrong in zip(batch, faults, strict=True) if wrong is None]
        found = iter(self._network.detect(pictures) if pictures else [])
        return [next(found) if wrong is None else wrong for wrong in faults]


def fault(view: View) -> ItemError | None:
    """Why this is no picture, `None` when it is one."""
    if view.dtype == np.uint8 and view.ndim == 3 and view.shape[2] == 3 and view.size > 0:
        return None
    return ItemError(f"a view is uint8 of shape (height, width, 3), got {view.dtype} {view.shape}")


def ranked(
    corners: NDArray[np.floating[Any]],
    confidences: NDArray[np.floating[Any]],
    classes: Iterable[int],
    names: Mapping[int, str],
) -> Detections:
    """Detections, most confident first.

    Args:
        corners: x_min, y_min, x_max, y_max in fractions of the picture, shape (n, 4); clipped to it.
        confidences: shape (n,).
        classes: n keys of `names`.
        names: the weights' class names by index.
    """
    inside = np.clip(corners, 0.0, 1.0).tolist()
    found = [
        Detection(names[int(index)], float(confidence), Box(*box))
        for box, confidence, index in zip(inside, confidences, classes, strict=True)
    ]
    return tuple(sorted(found, key=lambda detection: -detection.confidence))
