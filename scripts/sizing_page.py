"""`docs/sizing.md`, written by the calculator."""

from collections.abc import Iterable, Mapping
from typing import Any

from scripts.sizing import (
    DECODER_FACTOR,
    EFFICIENCY,
    EFFICIENCY_RANGE,
    KINDS,
    MIX,
    ROOT,
    SERVE_CORE_SECONDS,
    UTILISATION,
    Input,
    cpu_core_seconds,
    estimate,
    host_core_seconds,
    machines,
    operations,
)

PAGE = ROOT / "docs" / "sizing.md"
INTRODUCTION = """# Sizing

Written by `python -m scripts.sizing`; a test fails when it is stale. `assay size` does the same sums with your mix and
your prices. **No GPU was there when this was written**: the rows of GPUs are arithmetic over counted
operations and assumed efficiency, and say how far they move when that assumption does. The row of the CPU box was
measured: {machine}. With an earlier release two AMD cores without BF16 had
taken 1.3 (speech) to 2.1 times (menus) as long. On your machine: `python -m scripts.bench.costs`, then
`python -m scripts.sizing`.
"""


def page(record: Mapping[str, Any]) -> str:
    """The whole page."""
    sections = [
        INTRODUCTION.format(machine=record["machine"]["processor"]),
        *_result(record),
        *_per_kind(record),
        *_inputs(record),
        *_how(),
    ]
    return "\n".join(sections) + "\n"


def _result(record: Mapping[str, Any]) -> Iterable[str]:
    mix = ", ".join(f"{share:.0%} {kind}" for kind, share in MIX.items())
    yield f"## One machine, mix of {mix}\n"
    span = f"at {EFFICIENCY_RANGE[0]:.0%}–{EFFICIENCY_RANGE[1]:.0%} of the peak"
    yield f"| machine | submissions an hour | dollars per 1,000 | short of | {span} |\n|---|---|---|---|---|"
    for machine in machines(record).values():
        likely = estimate(machine, record)
        span = "measured"
        if machine.peak_operations is not None:
            low, high = (estimate(machine, record, efficiency=share).per_hour for share in EFFICIENCY_RANGE)
            span = f"{_count(low)}–{_count(high)}"
        cost = f"{likely.dollars_per_1000:.3f}"
        yield f"| {machine.name} | {_count(likely.per_hour)} | {cost} | {likely.bound_by} | {span} |"
    yield ""


def _per_kind(record: Mapping[str, Any]) -> Iterable[str]:
    yield "## One file\n"
    columns = ("kind", "core-seconds, all on the CPU", "core-seconds beside a GPU", "10¹² operations on a GPU")
    yield f"| {' | '.join((*columns, 'pictures', 'sound, s'))} |"
    yield "|---|---|---|---|---|---|"
    rows = {row["kind"]: row for row in record["engine"]}
    for kind in KINDS:
        cpu, host = cpu_core_seconds(kind, record), host_core_seconds(kind, record)
        work = operations(kind, record) / 1e12
        seen = rows[kind]
        yield f"| {kind} | {cpu:.3f} | {host:.3f} | {work:.2f} | {seen['pictures']:.1f} | {seen['sound_seconds']:.1f} |"
    yield "\n`photo` is an everyday picture of about 0.2 megapixels, `menu` one of several megapixels full of text.\n"


def _inputs(record: Mapping[str, Any]) -> Iterable[str]:
    yield "## Where the numbers come from\n\n| input | value | kind | from |\n|---|---|---|---|"
    for row in record["engine"]:
        measured = Input(row["core_seconds"], "measured", f"docs/measurements/costs.json, {row['files']} files")
        yield _row(f"core-seconds of a {row['kind']} in the engine", measured)
    front = record["front_end"]
    reason = f"docs/measurements/costs.json, {front['submissions']} submissions on Postgres"
    yield _row("core-seconds of the front end", Input(front["core_seconds"], "measured", reason))
    for work in record["gpu_work"]:
        reason = f"torch's FlopCounterMode on the network's definition, a {work['unit']}"
        yield _row(f"operations of {work['role']}", Input(work["operations"], "counted", reason))
    for row in record["host_work"]:
        reason = (
            f"docs/measurements/costs.json, {row['files']} files: what the models of configs/gpu.yaml do on the host"
        )
        yield _row(f"core-seconds of a {row['kind']} around the GPU", Input(row["core_seconds"], "measured", reason))
    yield _row("core-seconds in Ray Serve", SERVE_CORE_SECONDS)
    yield _row("share of a GPU's peak that is reached", EFFICIENCY)
    yield _row("speech, decoder on top of the encoder", DECODER_FACTOR)
    yield _row("utilisation", UTILISATION)
    for machine in machines(record).values():
        yield _row(f"{machine.name}: cores", machine.cores)
        yield _row(f"{machine.name}: dollars an hour", machine.price_per_hour)
        if machine.peak_operations is not None:
            yield _row(f"{machine.name}: operations a second at peak", machine.peak_operations)
    yield ""


def _how() -> Iterable[str]:
    yield "## How it is reckoned\n"
    yield "    CPU box   cores × 3600 × utilisation / core-seconds of a file"
    yield "    GPU       3600 × utilisation / max(operations / (peak × share reached), core-seconds beside it / cores)"
    yield "    cost      dollars an hour / submissions an hour × 1,000\n"
    yield "Left out: storage and traffic of the files, Postgres, the object store, and machines that stand idle at"
    yield "night; `docs/scale.md` has the daily cycle."


def _row(name: str, one: Input) -> str:
    return f"| {name} | {_number(one.value)} | {one.source} | {one.reason} |"


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 1e6 else f"{value:.3g}".replace("e+", "e")


def _count(value: float) -> str:
    """Rounded to what such an estimate can carry."""
    digits = len(str(int(value)))
    return f"{round(value, 2 - digits):,.0f}"
