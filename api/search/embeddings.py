"""Vectors as the database keeps them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.outputs import ModelIdentity

_STORED = np.dtype("<f4")
_NAME_CHARACTERS, _DIGEST_CHARACTERS = 51, 12
"""Of the column's 64; 48 bits of the digest tell weights of one name apart."""

Matrix = NDArray[np.float32]


def encoder_name(identity: ModelIdentity) -> str:
    """What `Embedding.encoder` holds: only vectors of the same encoder and the same weights may be compared."""
    return f"{identity.name[:_NAME_CHARACTERS]}@{identity.weights_digest[:_DIGEST_CHARACTERS]}"


def to_bytes(vector: NDArray[np.float32]) -> bytes:
    """What `Embedding.vector` holds: float32, little endian.

    Raises:
        ValueError: it is not one vector of unit length.
    """
    if vector.ndim != 1 or not np.isclose(np.linalg.norm(vector), 1, atol=1e-3):
        raise ValueError(f"an embedding is a vector of length 1, got shape {vector.shape}")
    return vector.astype(_STORED).tobytes()


def to_matrix(stored: Sequence[bytes], dimensions: int) -> Matrix:
    """Stored vectors, shape (vectors, dimensions).

    Raises:
        ValueError: one of them has other dimensions.
    """
    if any(len(vector) != dimensions * _STORED.itemsize for vector in stored):
        raise ValueError(f"a stored embedding has not the {dimensions} dimensions of its encoder")
    return np.frombuffer(b"".join(stored), _STORED).reshape(len(stored), dimensions)
