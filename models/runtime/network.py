"""The seam behind every network: arrays in, arrays out."""

from typing import Any, Protocol

from numpy.typing import NDArray


class Network(Protocol):
    """A compiled network. Safe to call from several threads."""

    def __call__(self, *inputs: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Outputs in the order of the network; inputs likewise. The arrays returned are the caller's own."""
