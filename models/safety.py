"""What must not be shown, and faces: a detector with classes of its own, for profiles whose detector has others."""

from dataclasses import replace
from typing import Any

from models.detector import BACKENDS, DetectorModel
from models.loading import load_backend
from models.outputs import ModelIdentity
from models.runtime.device import Placement
from models.weights import Weights


def load(weights: Weights, placement: Placement, *, backend: str, **options: Any) -> "SafetyModel":
    """Load the network of one of the detector's backends.

    Raises:
        ValueError: no such backend, or weights that it cannot run.
        TypeError: the backend knows no such option.
    """
    return SafetyModel(load_backend(BACKENDS, backend, weights, placement, options))


class SafetyModel(DetectorModel):
    """A `DetectorModel` that speaks in the role `safety`."""

    @property
    def identity(self) -> ModelIdentity:
        return replace(super().identity, role="safety")
