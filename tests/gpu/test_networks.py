"""Torch modules on CUDA: half precision, streams, page-locked memory, and a batch that does not fit."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from configs.settings import BatchSettings, ModelSettings
from models.runtime.device import cuda_available, resolve
from models.runtime.torch_network import TorchNetwork


def convolutions(width: int = 64) -> Any:
    """A small network whose answers do not explode in half precision."""
    import torch

    torch.manual_seed(1)
    layers = [torch.nn.Conv2d(3, width, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(width, 3, 3, padding=1)]
    return torch.nn.Sequential(*layers)


def pictures(count: int, seed: int = 0) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((count, 3, 128, 128), np.float32)


def test_auto_is_half_precision_here(tmp_path: Any) -> None:
    assert cuda_available()
    asked = ModelSettings(
        weights="any", backend="open_clip", device="cuda", batch=BatchSettings(max_cost=1, max_items=1)
    )
    placement = resolve(asked, tmp_path)
    assert (placement.device, placement.precision) == ("cuda", "f16")


@pytest.mark.parametrize(("precision", "tolerance"), [("f32", 1e-3), ("f16", 1e-2), ("bf16", 5e-2)])
def test_the_answers_are_those_of_the_cpu(precision: str, tolerance: float) -> None:
    batch = pictures(4)
    (expected,) = TorchNetwork(convolutions(), "cpu", "f32")(batch)
    (found,) = TorchNetwork(convolutions(), "cuda", precision)(batch)
    assert (found.dtype, found.shape) == (np.float32, expected.shape)
    np.testing.assert_allclose(found, expected, atol=tolerance)


def test_read_only_arrays_are_taken_and_answers_are_the_callers_own() -> None:
    network, batch = TorchNetwork(convolutions(), "cuda", "f16"), pictures(2)
    batch.flags.writeable = False
    (first,) = network(batch)
    first[:] = 0
    (second,) = network(batch)
    assert second.any()


def test_threads_have_streams_of_their_own_and_do_not_mix_their_answers() -> None:
    network = TorchNetwork(convolutions(), "cuda", "f32")
    batches = [pictures(8, seed) for seed in range(32)]
    alone = [network(batch)[0] for batch in batches]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda batch: network(batch)[0], batches))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_batch_that_does_not_fit_is_a_memory_error_and_a_smaller_one_goes_through_after_it() -> None:
    import torch

    network = TorchNetwork(convolutions(1024), "cuda", "f32")
    total = torch.cuda.get_device_properties(0).total_memory
    too_many = total // (1024 * 128 * 128 * 4) + 1  # the inner layer alone fills the device
    with pytest.raises(MemoryError):
        network(np.zeros((too_many, 3, 128, 128), np.float32))
    assert network(pictures(1))[0].shape == (1, 3, 128, 128)


def test_half_precision_is_faster() -> None:
    """By how much is for `scripts/bench`; that it is not slower is what `auto` promises."""
    batch = pictures(64)
    seconds = {
        precision: _seconds(TorchNetwork(convolutions(256), "cuda", precision), batch) for precision in ("f32", "f16")
    }
    assert seconds["f16"] < seconds["f32"]


def _seconds(network: TorchNetwork, batch: NDArray[np.float32]) -> float:
    network(batch)
    started = time.perf_counter()
    for _ in range(10):
        network(batch)
    return time.perf_counter() - started
