"""OpenVINO: the CPU runtime. Compiled networks are cached on disk and shared between starts."""

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.runtime.device import Placement

os.environ.setdefault("OPENVINO_TELEMETRY_DISABLE", "1")

import openvino  # noqa: E402
import openvino.properties as properties  # noqa: E402
from openvino.properties import hint  # noqa: E402

PRECISION = {"f32": openvino.Type.f32, "int8": openvino.Type.f32, "bf16": openvino.Type.bf16}


class OpenVinoNetwork:
    """A network compiled for the CPU, with one infer request a caller."""

    def __init__(self, compiled: openvino.CompiledModel) -> None:
        self._compiled = compiled

    def __call__(self, *inputs: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        request = self._compiled.create_infer_request()
        results = request.infer(list(inputs), share_inputs=True, share_outputs=False)
        return tuple(np.array(value) for value in results.values())


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
