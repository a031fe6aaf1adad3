"""The interface that every model family implements."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from models.outputs import ItemError, ModelIdentity

Item = TypeVar("Item", contravariant=True)
Output = TypeVar("Output")


_EXHAUSTED = ("out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


def is_out_of_memory(error: BaseException) -> bool:
    """`MemoryError`, or what is said of a full device: torch has two classes for it, CTranslate2 has none."""
    is_told = isinstance(error, RuntimeError) and any(text in str(error) for text in _EXHAUSTED)
    return isinstance(error, MemoryError) or is_told


class Model(Protocol[Item, Output]):
    """Loaded weights that turn a batch of items into as many outputs."""

    @property
    def identity(self) -> ModelIdentity:
        """Name, version, digest and precision of what is loaded."""

    def cost(self, item: Item) -> float:
        """What the item costs in the family's unit (megapixels, audio seconds), for batching."""

    def warm_up(self) -> None:
        """Run once on a blank item, so that the first real one meets no lazy initialisation."""

    def run(self, batch: Sequence[Item]) -> list[Output | ItemError]:
        """Outputs in the order of the batch, one for each item; a bad item is an `ItemError`.

        Raises:
            MemoryError: the batch does not fit the device; a smaller one may.
        """
