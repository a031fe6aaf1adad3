"""OpenVINO: the CPU runtime. Compiled networks are cached on disk and shared between starts."""

from collections import deque
from pathlib import Path
from typing import Any

import openvino
import openvino.properties as properties
from numpy.typing import NDArray
from openvino.properties import hint

from models.runtime.device import Placement

PRECISION = {"f32": openvino.Type.f32, "int8": openvino.Type.f32, "bf16": openvino.Type.bf16}
"""Numbers of the layers that are not quantised; an int8 network says itself which are."""


class OpenVinoNetwork:
    """A network compiled for the CPU."""

    def __init__(self, compiled: openvino.CompiledModel) -> None:
        self._compiled = compiled
        self._idle: deque[openvino.InferRequest] = deque()

    def __call__(self, *inputs: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Run on a request of its own: requests are kept, since making one allocates its tensors anew."""
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
    }
    return OpenVinoNetwork(core.compile_model(model, "CPU", settings | extra))
