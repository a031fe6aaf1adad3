"""Compiled networks on the CPU: calls alone and calls that overlap."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import numpy as np
import openvino
import pytest
from numpy.typing import NDArray
from openvino import opset13

from models.runtime.device import Placement
from models.runtime.openvino_network import OpenVinoNetwork, compile_model

CALLS = 2


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> OpenVinoNetwork:
    return compile_model(convolutions(), Placement("cpu", "f32", 2, tmp_path_factory.mktemp("cache"), CALLS))


def test_calls_that_overlap_answer_as_calls_alone(compiled: OpenVinoNetwork) -> None:
    batches = [picture(seed) for seed in range(16)]
    alone = [compiled(batch)[0] for batch in batches]
    with ThreadPoolExecutor(CALLS) as threads:
        together = list(threads.map(lambda batch: compiled(batch)[0], batches))
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_array_equal(one, other)


def test_only_a_call_that_finds_another_under_way_shares_the_threads() -> None:
    whole, beside, other = Recorder(), Recorder(), Recorder()
    network, other_network = quiet(whole, beside), OpenVinoNetwork(other)  # type: ignore[arg-type]
    network(picture(0))
    network(picture(1))
    assert (whole.calls, beside.calls) == (2, 0)
    with other.held(), ThreadPoolExecutor(1) as threads:
        first = threads.submit(other_network, picture(2))
        other.entered.wait()
        network(picture(3))
        other.entered.wait()
        first.result()
    network(picture(4))
    assert (whole.calls, beside.calls) == (3, 1)


@pytest.mark.parametrize(("spare_cores", "gets_all"), [(4.0, True), (3.6, True), (3.4, False), (0.0, False)])
def test_a_call_shares_the_threads_where_other_processes_have_the_cores(spare_cores: float, gets_all: bool) -> None:
    whole, beside = Recorder(), Recorder()
    OpenVinoNetwork(whole, beside, threads=4, spare_cores=lambda: spare_cores)(picture(0))  # type: ignore[arg-type]
    assert (whole.calls, beside.calls) == (gets_all, not gets_all)


def test_a_call_that_fails_is_not_counted_as_under_way() -> None:
    whole, beside = Recorder(), Recorder()
    network = quiet(whole, beside)
    whole.broken = True
    with pytest.raises(RuntimeError, match="broken"):
        network(picture(0))
    whole.broken = False
    network(picture(0))
    assert beside.calls == 0


@pytest.mark.parametrize(("threads", "concurrent", "streams"), [(1, 2, 1), (2, 1, 2), (2, 3, 2)])
def test_there_are_as_many_streams_as_calls_at_least_two_and_no_more_than_threads(
    tmp_path: Path, threads: int, concurrent: int, streams: int
) -> None:
    assert compile_model(convolutions(), Placement("cpu", "f32", threads, tmp_path, concurrent)).streams == streams


def quiet(whole: "Recorder", beside: "Recorder") -> OpenVinoNetwork:
    """On a machine with nothing else to do."""
    return OpenVinoNetwork(whole, beside, spare_cores=lambda: float("inf"))  # type: ignore[arg-type]


class Recorder:
    """Stands for a compiled network and its request, and counts the calls."""

    def __init__(self) -> None:
        self.calls = 0
        self.broken = False
        self.entered = Barrier(2)
        self._holds = False

    def create_infer_request(self) -> "Recorder":
        return self

    def infer(self, inputs: list[NDArray[np.float32]], **_: bool) -> dict[int, NDArray[np.float32]]:
        self.calls += 1
        if self.broken:
            raise RuntimeError("broken")
        if self._holds:
            self.entered.wait()
            self.entered.wait()
        return {0: inputs[0]}

    @contextmanager
    def held(self) -> Iterator[None]:
        """A call made meanwhile waits twice at `entered`: when it has begun, and before it answers."""
        self._holds = True
        yield
        self._holds = False


def convolutions() -> openvino.Model:
    """Two layers, random weights, pictures of 3 × 64 × 64 to 8 × 64 × 64."""
    random = np.random.default_rng(1)
    picture = opset13.parameter([1, 3, 64, 64], np.float32)
    layer: openvino.Node | openvino.Output = picture
    for channels_in, channels_out in ((3, 16), (16, 8)):
        weights = opset13.constant(random.standard_normal((channels_out, channels_in, 3, 3)).astype(np.float32))
        layer = opset13.relu(opset13.convolution(layer, weights, [1, 1], [1, 1], [1, 1], [1, 1]))
    return openvino.Model([layer], [picture], "convolutions")


def picture(seed: int) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal((1, 3, 64, 64)).astype(np.float32)
