"""The way of arrays to torch's device and back."""

import threading
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


class Transfer(Protocol):
    """What a network on one device uses around each call."""

    def lane(self) -> AbstractContextManager[Any]:
        """What the calling thread computes in; the other two calls are for inside."""

    def upload(self, array: NDArray[Any]) -> Any:
        """The array as a tensor on the device."""

    def download(self, tensors: Sequence[Any]) -> tuple[NDArray[Any], ...]:
        """The tensors as arrays of their own, computed to the end."""


class HostTransfer:
    """Nothing is moved."""

    def lane(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def upload(self, array: NDArray[Any]) -> Any:
        import torch

        return torch.from_numpy(array)

    def download(self, tensors: Sequence[Any]) -> tuple[NDArray[Any], ...]:
        return tuple(np.asarray(tensor.numpy()) for tensor in tensors)


class CudaTransfer:
    """A stream for each thread, and page-locked memory: copies run beside the computation of other threads.

    Pageable memory would be copied twice, the second time with the caller waiting ("How to optimize data transfers in
    CUDA C/C++", NVIDIA's technical blog).
    """

    def __init__(self, device: str) -> None:
        import torch

        self._torch = torch
        self._device = torch.device(device)
        self._of_thread = threading.local()
        torch.cuda.synchronize(self._device)  # the weights were copied on another stream

    def lane(self) -> AbstractContextManager[Any]:
        context: AbstractContextManager[Any] = self._torch.cuda.stream(self._stream())
        return context

    def upload(self, array: NDArray[Any]) -> Any:
        """Torch keeps the page-locked memory until the copy is done."""
        pinned = self._torch.from_numpy(np.ascontiguousarray(array)).pin_memory()
        return pinned.to(self._device, non_blocking=True)

    def download(self, tensors: Sequence[Any]) -> tuple[NDArray[Any], ...]:
        """All copies are under way before one is waited for; page-locked memory is scarce and does not leave."""
        hosts = [self._torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True) for tensor in tensors]
        for host, tensor in zip(hosts, tensors, strict=True):
            host.copy_(tensor, non_blocking=True)
        self._stream().synchronize()
        return tuple(np.array(host.numpy()) for host in hosts)

    def _stream(self) -> Any:
        if not hasattr(self._of_thread, "stream"):
            self._of_thread.stream = self._torch.cuda.Stream(self._device)
        return self._of_thread.stream
