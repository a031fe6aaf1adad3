"""Where a network runs and in which numbers: settled once, before anything is loaded."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from configs.settings import ModelSettings

CPU_ONLY = frozenset({"conse", "dnsmos", "ppocr", "yolo"})
"""Backends whose networks run in OpenVINO, and nowhere else."""


@dataclass(frozen=True, slots=True)
class Placement:
    """A resolved choice of device, precision and threads for one model."""

    device: Literal["cpu", "cuda"]
    precision: Literal["f32", "bf16", "f16", "int8"]
    threads: int
    cache_dir: Path
    """Where compiled and converted networks are kept between starts."""
    concurrent: int = 1
    """Calls of the model that may overlap; on the CPU they then share the threads."""


@cache
def cpu_capabilities() -> tuple[str, ...]:
    """What OpenVINO's CPU plugin can compute in, for example `("FP32", "INT8", "BF16")`."""
    import openvino

    return tuple(openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES"))


@cache
def cuda_available() -> bool:
    import torch

    return bool(torch.cuda.is_available())


def resolve(model: ModelSettings, cache_dir: Path) -> Placement:
    """Turn `auto` into what the backend and this machine have: CUDA in half precision, else bf16 where the CPU has it,
    else f32.

    Raises:
        ValueError: the machine or the backend lacks the device, or the CPU cannot compute in the precision asked for.
    """
    device, precision, threads, concurrent = model.device, model.precision, model.threads, model.batch.concurrent
    if device == "auto":
        has_cuda = model.backend not in CPU_ONLY and _cuda_visible() and cuda_available()
        device = "cuda" if has_cuda else "cpu"
    if device == "cuda":
        if model.backend in CPU_ONLY:
            raise ValueError(f"backend {model.backend} runs on the CPU, not on cuda")
        if not cuda_available():
            raise ValueError("device cuda was asked for, but torch finds no CUDA device")
        return Placement("cuda", "f16" if precision == "auto" else precision, threads, cache_dir, concurrent)
    has_bf16 = "BF16" in cpu_capabilities()
    if precision == "auto":
        return Placement("cpu", "bf16" if has_bf16 else "f32", threads, cache_dir, concurrent)
    if precision == "f16" or (precision == "bf16" and not has_bf16):
        raise ValueError(f"this processor computes in {', '.join(cpu_capabilities())}, not in {precision}")
    return Placement("cpu", precision, threads, cache_dir, concurrent)


def _cuda_visible() -> bool:
    """A cheap look that keeps `import torch` (seconds, 300 MB) out of CPU processes."""
    return Path("/proc/driver/nvidia/version").exists() or Path("/dev/dxg").exists()
