"""OpenVINO: the CPU runtime. Compiled networks are cached on disk and shared between starts."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

import openvino
import openvino.properties as properties
from numpy.typing import NDArray
from openvino.properties import hint

from models.runtime.device import Placement
from models.runtime.spare_cores import SpareCores

PRECISION = {"f32": openvino.Type.f32, "int8": openvino.Type.f32, "bf16": openvino.Type.bf16}
"""Numbers of the layers that are not quantised; an int8 network says itself which are."""
MANY_SHAPES = {"CPU_RUNTIME_CACHE_CAPACITY": 50}
"""For networks whose every call may have another shape: in each stream the latest 50 preparations of layers are kept,
not 5,000. As fast (decision 0023); keeping none takes 8% more processor time (0003). A property of OpenVINO's CPU
plugin without a constant in its Python package."""


class _UnderWay:
    """Calls of networks under way in this process, whichever networks they are: all of them want the same cores."""

    def __init__(self) -> None:
        self._count = 0
        self._lock = Lock()

    @contextmanager
    def one_more(self) -> Iterator[bool]:
        """Count a call while it runs; whether it found others."""
        with self._lock:
            found_others = self._count > 0
            self._count += 1
        try:
            yield found_others
        finally:
            with self._lock:
                self._count -= 1


_under_way = _UnderWay()
_spare_cores = SpareCores()
NEARLY = 0.5
"""Of a core may be missing for a call to get every thread: what goes on beside the models takes a few tenths."""


class OpenVinoNetwork:
    """A network compiled for the CPU; with `beside`, compiled once more for calls that overlap.

    A call that is alone gets every thread. One that finds others under way, in this process or on this machine, gets a
    share of them, one stream of `beside`: a layer split over two threads costs 16% more processor time than on one
    (PP-OCR on 2 cores), so calls side by side get more done than calls that take turns (decision 0028). Both give
    the same numbers, bit for bit.
    """

    def __init__(
        self,
        compiled: openvino.CompiledModel,
        beside: openvino.CompiledModel | None = None,
        threads: int = 1,
        spare_cores: Callable[[], float] = _spare_cores.now,
    ) -> None:
        """
        Args:
            compiled: on every thread.
            beside: in streams that share the threads.
            threads: how many there are.
            spare_cores: how many cores this process could have now.
        """
        self._whole = _Requests(compiled)
        self._beside = _Requests(beside) if beside is not None else self._whole
        self._threads = threads
        self._spare_cores = spare_cores

    @property
    def streams(self) -> int:
        """Calls that run side by side, each on its share of the threads."""
        return self._beside.streams

    def __call__(self, *inputs: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        with _under_way.one_more() as found_others:
            crowded = found_others or self._spare_cores() < self._threads - NEARLY
            return (self._beside if crowded else self._whole).infer(inputs)


class _Requests:
    """The requests of one compiled network. They are kept, since making one allocates its tensors anew."""

    def __init__(self, compiled: openvino.CompiledModel) -> None:
        self._compiled = compiled
        self._idle: deque[openvino.InferRequest] = deque()

    @property
    def streams(self) -> int:
        return int(self._compiled.get_property(properties.streams.num))

    def infer(self, inputs: Sequence[NDArray[Any]]) -> tuple[NDArray[Any], ...]:
        """Run on a request that no other call uses."""
        try:
            request = self._idle.pop()
        except IndexError:
            request = self._compiled.create_infer_request()
        results = request.infer(list(inputs), share_inputs=True, share_outputs=False)
        self._idle.append(request)
        return tuple(results.values())


def compile_file(path: Path, placement: Placement, **extra: Any) -> OpenVinoNetwork:
    """Compile an `.onnx` or OpenVINO `.xml` file.

    Raises:
        RuntimeError: the file is no network that OpenVINO reads.
    """
    return compile_model(openvino.Core().read_model(path), placement, **extra)


def compile_model(model: openvino.Model, placement: Placement, **extra: Any) -> OpenVinoNetwork:
    """Compile a model in memory; `extra` are further OpenVINO properties."""
    core = openvino.Core()
    core.set_property({properties.cache_dir: str(placement.cache_dir / "openvino")})
    settings = {
        hint.inference_precision: PRECISION[placement.precision],
        properties.inference_num_threads: placement.threads,
        hint.performance_mode: hint.PerformanceMode.LATENCY,
    } | extra
    whole = core.compile_model(model, "CPU", settings)
    streams = min(max(2, placement.concurrent), placement.threads)
    if streams == 1 or properties.streams.num in settings:
        return OpenVinoNetwork(whole)
    beside = core.compile_model(model, "CPU", settings | {properties.streams.num: streams})
    return OpenVinoNetwork(whole, beside, placement.threads)
