"""Reads the variables of a CTranslate2 `model.bin`, for runtimes that build the network themselves."""

import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

BINARY_VERSION = 6
"""The only layout known here; CTranslate2 has written it since 2.0."""
DTYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
"""CTranslate2's type ids (`_dtype_to_type_id` in `ctranslate2/specs/model_spec.py`)."""


def read_variables(path: Path, kind: str, prefix: str = "") -> dict[str, NDArray[Any]]:
    """The variables whose names start with `prefix`, under their names without it.

    The layout is that of `ModelSpec._serialize` in `ctranslate2/specs/model_spec.py`, little-endian.

    Raises:
        ValueError: another binary version, or another kind of model (`WhisperSpec`, …) than `kind`.
    """
    with path.open("rb") as file:
        version, arrived = _number(file, "I"), _string(file)
        if (version, arrived) != (BINARY_VERSION, kind):
            raise ValueError(f"{path} is to hold a {kind} of version {BINARY_VERSION}, got {arrived} of {version}")
        _number(file, "I")  # the revision of the kind
        variables = (_variable(file) for _ in range(_number(file, "I")))
        return {name.removeprefix(prefix): value for name, value in variables if name.startswith(prefix)}


def _number(file: BinaryIO, code: str) -> int:
    value: int = struct.unpack(f"<{code}", file.read(struct.calcsize(code)))[0]
    return value


def _string(file: BinaryIO) -> str:
    return file.read(_number(file, "H")).rstrip(b"\0").decode()


def _variable(file: BinaryIO) -> tuple[str, NDArray[Any]]:
    name = _string(file)
    shape = [_number(file, "I") for _ in range(_number(file, "B"))]
    dtype = DTYPES[_number(file, "B")]
    return name, np.frombuffer(file.read(_number(file, "I")), dtype).reshape(shape)
