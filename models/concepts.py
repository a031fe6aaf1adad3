"""What a picture is about: an embedding that pictures and sentences share, and labels.

Every encoder also says how strongly an item resembles an arbitrary label (`Cohort`), since raw cosines
mean something else in every embedding space and for every sentence. Relevance subtracts that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.loading import load_backend
from models.model import Model
from models.outputs import Cohort, Concepts, Label
from models.runtime.device import Placement
from models.weights import Weights

BACKENDS = {"conse": "models.concepts_conse:load", "open_clip": "models.concepts_open_clip:load"}

MIN_LABEL_CONFIDENCE = 0.02
MAX_LABELS = 10


@dataclass(frozen=True, slots=True)
class ReadText:
    """Text that was read in pictures, of which an encoder may also say what it stands on."""

    text: str
    lines: tuple[str, ...]


ConceptItem = NDArray[np.uint8] | str | ReadText
"""An RGB view, uint8, shape (height, width, 3), a sentence, or a text that was read."""


def load(weights: Weights, placement: Placement, *, backend: str, **options: Any) -> Model[ConceptItem, Concepts]:
    """Load an encoder for pictures and sentences.

    Raises:
        ValueError: no such backend.
    """
    model: Model[ConceptItem, Concepts] = load_backend(BACKENDS, backend, weights, placement, options)
    return model


def cohort(embedding: NDArray[np.float32], label_embeddings: NDArray[np.float32]) -> Cohort:
    """Mean and deviation of the cosines with every label; `label_embeddings` has shape (labels, dimensions)."""
    cosines = label_embeddings @ embedding
    return Cohort(mean=float(cosines.mean()), deviation=float(cosines.std()))


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Vectors of length 1 along the last axis; a zero vector stays zero."""
    lengths: NDArray[np.float32] = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities of the classes of one item, shape (classes,)."""
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum(), np.float32)


def ranked(names: Sequence[str], probabilities: NDArray[np.float32]) -> tuple[Label, ...]:
    """The most probable labels, most confident first, at most `MAX_LABELS`."""
    top = np.argsort(-probabilities, kind="stable")[:MAX_LABELS]
    labels = (Label(names[index], float(probabilities[index])) for index in top)
    return tuple(label for label in labels if label.confidence >= MIN_LABEL_CONFIDENCE)


def split(batch: Sequence[ConceptItem]) -> tuple[list[int], list[int]]:
    """Positions of the pictures, and of the sentences and texts."""
    sentences = [index for index, item in enumerate(batch) if isinstance(item, str | ReadText)]
    pictures = [index for index, item in enumerate(batch) if isinstance(item, np.ndarray)]
    return pictures, sentences


def words(item: ConceptItem) -> str:
    """Those of a sentence or a text."""
    return item.text if isinstance(item, ReadText) else str(item)
