"""Whisper's encoder: log-mel frames in, one vector for every two frames out.

Two implementations of one call. CTranslate2 runs it in the decoder's numbers on any device; OpenVINO
rebuilds it from the same weights where bf16 units make it several times faster.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import ctranslate2
import numpy as np
from numpy.typing import NDArray

from models.runtime.device import Placement

LAYER_NORM_EPSILON = 1e-5
"""PyTorch's default, with which Whisper was trained."""
STORED_DTYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
"""CTranslate2's type ids (`ctranslate2/specs/model_spec.py`, `_dtype_to_type_id`)."""


class Encoder(Protocol):
    """Turns features of shape (items, mels, frames), float32, into (items, frames / 2, width)."""

    def __call__(self, features: NDArray[np.float32]) -> NDArray[Any]: ...


class CTranslate2Encoder:
    """The encoder of a loaded Whisper, its output brought to the host so that items can be regrouped."""

    def __init__(self, whisper: ctranslate2.models.Whisper) -> None:
        self._whisper = whisper

    def __call__(self, features: NDArray[np.float32]) -> NDArray[Any]:
        storage = ctranslate2.StorageView.from_array(np.ascontiguousarray(features))
        return np.array(self._whisper.encode(storage, to_cpu=True))


def load_openvino_encoder(model_file: Path, placement: Placement) -> Encoder:
    """Rebuild the encoder of a CTranslate2 `model.bin` as an OpenVINO network of any number of frames.

    Raises:
        ValueError: the file is no Whisper in the layout known here, or its weights are quantised.
    """
    from models.runtime.openvino_network import compile_model

    network = compile_model(_build(read_variables(model_file, prefix="encoder/")), placement)
    return lambda features: network(features)[0]


def read_variables(model_file: Path, prefix: str = "") -> dict[str, NDArray[Any]]:
    """Read the variables of a CTranslate2 model whose names start with `prefix`, the prefix removed.

    The layout is `ModelSpec._serialize` in `ctranslate2/specs/model_spec.py`, binary version 6.

    Raises:
        ValueError: another binary version or another kind of model.
    """
    with model_file.open("rb") as file:
        version, kind = _number(file, "I"), _string(file)
        if version != 6 or kind != "WhisperSpec":
            raise ValueError(f"{model_file} should be a WhisperSpec of binary version 6, got {kind} of {version}")
        _number(file, "I")  # revision of the spec
        count = _number(file, "I")
        return {
            name.removeprefix(prefix): value
            for name, value in (_variable(file) for _ in range(count))
            if name.startswith(prefix)
        }


def _number(file: BinaryIO, code: str) -> int:
    value: int = struct.unpack(f"<{code}", file.read(struct.calcsize(code)))[0]
    return value


def _string(file: BinaryIO) -> str:
    return file.read(_number(file, "H")).rstrip(b"\0").decode()


def _variable(file: BinaryIO) -> tuple[str, NDArray[Any]]:
    name = _string(file)
    shape = [_number(file, "I") for _ in range(_number(file, "B"))]
    dtype = STORED_DTYPES[_number(file, "B")]
    return name, np.frombuffer(file.read(_number(file, "I")), dtype).reshape(shape)


def _build(variables: dict[str, NDArray[Any]]) -> Any:
    """The network of Radford et al. 2022: two convolutions, sinusoids, pre-norm transformer layers."""
    import openvino
    from openvino import opset13 as ov

    if any(name.endswith("weight_scale") for name in variables):
        raise ValueError("an encoder is rebuilt from float weights only, these are quantised")
    mels = variables["conv1/weight"].shape[1]
    features = ov.parameter([-1, mels, -1], np.float32, name="features")
    hidden = ov.gelu(_convolution(features, variables, "conv1", stride=1), "erf")
    hidden = ov.gelu(_convolution(hidden, variables, "conv2", stride=2), "erf")
    hidden = ov.add(*_with_positions(ov.transpose(hidden, [0, 2, 1]), variables["position_encodings/encodings"]))
    for layer in _layers(variables):
        hidden = ov.add(hidden, _attention(hidden, variables, f"{layer}/self_attention", _heads(variables)))
        hidden = ov.add(hidden, _feed_forward(hidden, variables, f"{layer}/ffn"))
    return openvino.Model([_layer_norm(hidden, variables, "layer_norm")], [features], "whisper_encoder")


def _layers(variables: dict[str, NDArray[Any]]) -> Iterator[str]:
    names = {name.split("/")[0] for name in variables if name.startswith("layer_") and "layer_norm" not in name[:10]}
    yield from sorted(names, key=lambda name: int(name.removeprefix("layer_")))


def _heads(variables: dict[str, NDArray[Any]]) -> int:
    return int(variables["num_heads"])


def _constant(values: NDArray[Any]) -> Any:
    from openvino import opset13 as ov

    return ov.constant(values.astype(np.float32))


def _convolution(value: Any, variables: dict[str, NDArray[Any]], name: str, stride: int) -> Any:
    from openvino import opset13 as ov

    convolved = ov.convolution(value, _constant(variables[f"{name}/weight"]), [stride], [1], [1], [1])
    return ov.add(convolved, _constant(variables[f"{name}/bias"].reshape(1, -1, 1)))


def _with_positions(value: Any, table: NDArray[Any]) -> tuple[Any, Any]:
    """The value and as many rows of the position table as it has steps."""
    from openvino import opset13 as ov

    steps = ov.gather(ov.shape_of(value), ov.constant([1]), ov.constant(0))
    return value, ov.slice(_constant(table), ov.constant([0]), steps, ov.constant([1]), ov.constant([0]))


def _layer_norm(value: Any, variables: dict[str, NDArray[Any]], name: str) -> Any:
    from openvino import opset13 as ov

    normal = ov.mvn(value, ov.constant([2]), True, LAYER_NORM_EPSILON, "inside_sqrt")
    scaled = ov.multiply(normal, _constant(variables[f"{name}/gamma"]))
    return ov.add(scaled, _constant(variables[f"{name}/beta"]))


def _linear(value: Any, variables: dict[str, NDArray[Any]], name: str) -> Any:
    from openvino import opset13 as ov

    product = ov.matmul(value, _constant(variables[f"{name}/weight"]), False, True)
    return ov.add(product, _constant(variables[f"{name}/bias"]))


def _feed_forward(value: Any, variables: dict[str, NDArray[Any]], name: str) -> Any:
    from openvino import opset13 as ov

    inner = _linear(_layer_norm(value, variables, f"{name}/layer_norm"), variables, f"{name}/linear_0")
    return _linear(ov.gelu(inner, "erf"), variables, f"{name}/linear_1")


def _attention(value: Any, variables: dict[str, NDArray[Any]], name: str, heads: int) -> Any:
    """Self-attention; CTranslate2 stores queries, keys and values as one projection."""
    from openvino import opset13 as ov

    width = variables["conv1/bias"].shape[0]
    joint = _linear(_layer_norm(value, variables, f"{name}/layer_norm"), variables, f"{name}/linear_0")
    parted = ov.reshape(joint, ov.constant([0, 0, 3, heads, width // heads]), True)
    query, key, values = (
        ov.gather(ov.transpose(parted, [2, 0, 3, 1, 4]), ov.constant(index), ov.constant(0)) for index in range(3)
    )
    mixed = ov.transpose(ov.scaled_dot_product_attention(query, key, values), [0, 2, 1, 3])
    return _linear(ov.reshape(mixed, ov.constant([0, 0, width]), True), variables, f"{name}/linear_1")
