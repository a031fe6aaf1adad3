"""What the model of sound quality judges. Apart from the model, so that who only sends it loads no library."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Recording:
    """A decoded recording."""

    samples: NDArray[np.float32]
    """Shape (samples,), 16 kHz, full scale ±1."""
    clipping_ratio: float
    """Measured before resampling, which rounds the flat tops off."""
