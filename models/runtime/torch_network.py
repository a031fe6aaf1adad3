"""Torch: the CUDA runtime, and the source of what OpenVINO runs on the CPU."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from models.runtime.conversion import converted
from models.runtime.device import Placement
from models.runtime.network import Network
from models.runtime.transfer import CudaTransfer, HostTransfer, Transfer
from models.weights import Weights

DTYPE = {"f32": "float32", "f16": "float16", "bf16": "bfloat16"}


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a module."""

    shape: tuple[int, ...]
    """-1 for sides that vary."""
    dtype: str = "float32"
    traced_at: int = 2
    """What the varying sides are in the example on which the module is traced; 1 would be taken for a constant."""


class TorchNetwork:
    """A torch module in evaluation mode on one device. Safe to call from several threads, as torch's forward is.

    On CUDA every thread has a stream of its own, so that one batch is copied while another one is computed.
    """

    def __init__(self, module: Any, device: str, precision: str) -> None:
        import torch

        self._torch = torch
        self._dtype = getattr(torch, DTYPE[precision])
        self._module = module.eval().requires_grad_(False).to(device, self._dtype)
        self._transfer: Transfer = CudaTransfer(device) if device.startswith("cuda") else HostTransfer()

    def __call__(self, *inputs: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Floating-point inputs are cast to the network's numbers, its outputs to float32.

        Raises:
            MemoryError: the inputs do not fit the device; fewer may.
        """
        try:
            with self._torch.inference_mode(), self._transfer.lane():
                results = self._module(*(self._tensor(array) for array in inputs))
                tensors = results if isinstance(results, tuple) else (results,)
                return self._transfer.download([_widened(tensor) for tensor in tensors])
        except self._torch.OutOfMemoryError as error:
            self._torch.cuda.empty_cache()  # what this process keeps, others on the device may need
            raise MemoryError(str(error)) from error

    def _tensor(self, array: NDArray[Any]) -> Any:
        tensor = self._transfer.upload(array)
        return tensor.to(self._dtype) if tensor.is_floating_point() else tensor


def _widened(tensor: Any) -> Any:
    return tensor.float() if tensor.is_floating_point() else tensor


def load_module(
    build: Callable[[], Any],
    weights: Weights,
    placement: Placement,
    part: str,
    inputs: Sequence[Input],
) -> Network:
    """A torch module on CUDA, or converted once to OpenVINO on the CPU; then it is not even built.

    Args:
        build: makes the module with its weights.
        part: what the module is, unique among the modules made from these weights.

    Raises:
        ValueError: int8 was asked for on CUDA.
    """
    if placement.device == "cuda":
        if placement.precision not in DTYPE:
            raise ValueError(f"torch modules run in {', '.join(DTYPE)}, not in {placement.precision}")
        return TorchNetwork(build(), "cuda", placement.precision)
    from models.runtime.openvino_network import compile_file

    return compile_file(converted(weights, placement, part, lambda: _to_openvino(build(), inputs)), placement)


def _to_openvino(module: Any, inputs: Sequence[Input]) -> Any:
    import openvino
    import torch

    module.eval().requires_grad_(False)
    # Not inference_mode: the converter cannot trace through tensors made in it.
    with torch.no_grad():
        model = openvino.convert_model(module, example_input=tuple(_example(each) for each in inputs))
    model.reshape({port: list(each.shape) for port, each in zip(model.inputs, inputs, strict=True)})
    return model


def _example(each: Input) -> Any:
    import torch

    shape = [each.traced_at if side == -1 else side for side in each.shape]
    return torch.zeros(shape, dtype=getattr(torch, each.dtype))
