"""Submissions an hour and their cost, on a CPU box and on single GPUs: plain functions over stated inputs.

python -m scripts.sizing        # writes docs/sizing.md

Every input says where it comes from: measured (docs/measurements/costs.json, by `python -m scripts.bench.costs`),
counted (operations of the networks' definitions, in the same file), or assumed, with the reason.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

ROOT: Path = Path(__file__).parent.parent
RECORD = ROOT / "docs" / "measurements" / "costs.json"
KINDS = ("photo", "menu", "speech", "video")
HOUR_SECONDS = 3600.0

Source = Literal["measured", "counted", "assumed"]
Mix = Mapping[str, float]
"""Share of each kind; they add up to 1."""


@dataclass(frozen=True, slots=True)
class Input:
    """A number, and why it is what it is."""

    value: float
    source: Source
    reason: str


@dataclass(frozen=True, slots=True)
class Machine:
    """What is rented or bought by the hour."""

    name: str
    cores: Input
    price_per_hour: Input
    """In US dollars."""
    peak_operations: Input | None = None
    """Of the GPU in a second, in half precision and without sparsity; `None` without a GPU."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a machine can do with a mix."""

    machine: str
    per_hour: float
    """Submissions, at the utilisation of the inputs."""
    dollars_per_1000: float
    bound_by: Literal["GPU", "CPU"]


_LIST_PRICE = "about the on-demand price of one such machine at large clouds in 2025; yours goes in with --price"
_RENTED = "as rented with it"
_DATASHEET = "NVIDIA's data sheet: FP16 tensor cores, dense"


def _with_gpu(name: str, cores: int, dollars: float, operations: float) -> Machine:
    return Machine(
        name,
        Input(cores, "assumed", _RENTED),
        Input(dollars, "assumed", _LIST_PRICE),
        Input(operations, "assumed", _DATASHEET),
    )


_BOX = Machine("CPU box", Input(2, "measured", "the machine of the measurements"), Input(0.10, "assumed", _LIST_PRICE))
_GPUS = (
    _with_gpu("L4", 8, 0.98, 121e12),
    _with_gpu("A100", 12, 3.67, 312e12),
    _with_gpu("H100", 26, 6.90, 989e12),
)
MACHINES = {machine.name: machine for machine in (_BOX, *_GPUS)}
MIX: Mix = {"photo": 0.6, "menu": 0.1, "speech": 0.2, "video": 0.1}
"""That of PERFORMANCE.md: 70% photos, one of seven with much text, 20% speech, 10% video."""

UTILISATION = Input(0.8, "assumed", "more would let queues grow at every fluctuation (docs/scale.md)")
EFFICIENCY = Input(
    0.25, "assumed", "share of the peak that batches reach in torch without fused kernels; to be measured"
)
EFFICIENCY_RANGE = (0.15, 0.40)
DECODER_FACTOR = Input(1.3, "assumed", "Whisper's decoder on top of its encoder: 4 layers of 36, a token at a time")
SERVE_CORE_SECONDS = Input(
    0.03, "measured", "PERFORMANCE.md: 20–40 ms of each submission in Ray Serve's calls and copies"
)
PAGE_MEGAPIXELS = 1.92 * 1.44
"""What the operations of `text` were counted at; EasyOCR looks at smaller pictures in their own size."""
PAGES_OF_A_VIDEO = 3
"""`serve.scorer.FRAMES_READ`."""
WINDOW_SECONDS, WINDOW_STEP_SECONDS = 30.0, 10.0
"""Whisper's window, and the step to which `models.speech` cuts it."""


def machines(record: Mapping[str, Any]) -> dict[str, Machine]:
    """Those of the page, the CPU box with the cores of the machine that was measured on."""
    return MACHINES | {_BOX.name: replace(_BOX, cores=replace(_BOX.cores, value=record["machine"]["cores"]))}


def load_record(path: Path = RECORD) -> dict[str, Any]:
    """The measurements."""
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


def estimate(
    machine: Machine, record: Mapping[str, Any], mix: Mix = MIX, efficiency: float = EFFICIENCY.value
) -> Estimate:
    """What the machine can do for an hour on end.

    Raises:
        ValueError: the mix does not add up to 1, or names a kind that was not measured.
    """
    check_mix(mix)
    cores = machine.cores.value
    if machine.peak_operations is None:
        seconds = mixed({kind: cpu_core_seconds(kind, record) for kind in mix}, mix) / cores
        return _estimate(machine, seconds, "CPU")
    rate = machine.peak_operations.value * efficiency
    on_gpu = mixed({kind: operations(kind, record) for kind in mix}, mix) / rate
    on_cpu = mixed({kind: host_core_seconds(kind, record) for kind in mix}, mix) / cores
    return _estimate(machine, max(on_gpu, on_cpu), "GPU" if on_gpu >= on_cpu else "CPU")


def check_mix(mix: Mix) -> None:
    """Raises:
    ValueError: the shares are not those of a whole of known kinds.
    """
    unknown = sorted(set(mix) - set(KINDS))
    if unknown or min(mix.values(), default=0.0) < 0 or not math.isclose(sum(mix.values()), 1.0, abs_tol=1e-6):
        raise ValueError(f"a mix is shares of {', '.join(KINDS)} that add up to 1, got {dict(mix)}")


def mixed(values: Mapping[str, float], mix: Mix) -> float:
    """The mean over the mix."""
    return sum(share * values[kind] for kind, share in mix.items())


def cpu_core_seconds(kind: str, record: Mapping[str, Any]) -> float:
    """Core-seconds of one file where the models run on the CPU."""
    return float(_measured(kind, record)["core_seconds"]) + _around(record)


def host_core_seconds(kind: str, record: Mapping[str, Any]) -> float:
    """Core-seconds of one file beside a GPU: decoding, the models that stay on the CPU, and what is no network."""
    measured = _measured(kind, record)
    on_cpu = sum(float(measured[f"of_it_{part}"]) for part in ("decoding", "safety", "audio_quality"))
    return on_cpu + float(_of_kind(kind, record["host_work"])["core_seconds"]) + _around(record)


def operations(kind: str, record: Mapping[str, Any]) -> float:
    """Floating-point operations of one file on a GPU with the models of `configs/gpu.yaml`."""
    measured, work = _measured(kind, record), {row["role"]: float(row["operations"]) for row in record["gpu_work"]}
    pictures = float(measured["pictures"])
    each_megapixels = float(measured["megapixels"]) / pictures if pictures else 0.0
    pages = min(pictures, PAGES_OF_A_VIDEO) * min(each_megapixels / PAGE_MEGAPIXELS, 1.0)
    spoken = windows(float(measured["sound_seconds"])) * DECODER_FACTOR.value
    return pictures * (work["concepts"] + work["detector"]) + pages * work["text"] + spoken * work["speech"]


def windows(sound_seconds: float) -> float:
    """Windows of 30 s that Whisper's encoder sees, in steps of a third."""
    return math.ceil(sound_seconds / WINDOW_STEP_SECONDS) * WINDOW_STEP_SECONDS / WINDOW_SECONDS


def _around(record: Mapping[str, Any]) -> float:
    return float(record["front_end"]["core_seconds"]) + SERVE_CORE_SECONDS.value


def _measured(kind: str, record: Mapping[str, Any]) -> Mapping[str, Any]:
    return _of_kind(kind, record["engine"])


def _of_kind(kind: str, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    for row in rows:
        if row["kind"] == kind:
            return row
    raise ValueError(f"nothing was measured for {kind}")


def _estimate(machine: Machine, seconds: float, bound_by: Literal["GPU", "CPU"]) -> Estimate:
    per_hour = HOUR_SECONDS * UTILISATION.value / seconds
    return Estimate(machine.name, per_hour, 1000 * machine.price_per_hour.value / per_hour, bound_by)


if __name__ == "__main__":
    from scripts.sizing_page import PAGE, page

    PAGE.write_text(page(load_record()), encoding="utf-8")
