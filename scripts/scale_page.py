"""Write `docs/scale.md` and its pictures: the model of `scripts.scale_model` over the measured costs.

python -m scripts.scale_page
"""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from scripts.scale_model import (
    daily_delay,
    daily_rates,
    first_to_break,
    gpus_needed,
    limits,
    mean_rate,
)
from scripts.sizing import EFFICIENCY, HOUR_SECONDS, MACHINES, ROOT, UTILISATION, Input, estimate, load_record

PAGE = ROOT / "docs" / "scale.md"
DELAYS, LOADS = "scale-delays.svg", "scale-limits.svg"
"""Beside the page."""
MONTHS = (1e6, 1e7, 1e8, 1e9)
GPUS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
GPU = "L4"
SWING = Input(0.8, "assumed", "people capture by day: a peak of 1.8 times the mean, at night a fifth of it")
WANTED_SECONDS = 60.0
"""What 95% of a day's submissions wait at most, where the number of GPUs is chosen."""
LONGEST_DRAWN_SECONDS = 1e5
INTRODUCTION = f"""# Scale

Written by `python -m scripts.scale_page` with its pictures; a test fails when it is stale. **This is a model.** Nothing
of its size was run: what a submission costs was measured on one machine with two cores
(`docs/measurements/costs.json`), what a GPU does was counted and assumed ([sizing](sizing.md)), and the capacities
below say which of them are assumed. `tests/scripts/test_scale_model.py` holds the queue's formulas against textbook
cases and an event-by-event simulation.

- One GPU is an {GPU}; the mix is that of [sizing](sizing.md).
- Arrivals follow a sine over the day with a swing of {SWING.value} ({SWING.reason}).
- Within a step of five minutes the GPUs are an M/M/c queue; what comes above capacity is a backlog for later steps.
"""


def service_seconds(record: Mapping[str, Any]) -> float:
    """Of one submission on one GPU with its machine, without the headroom that the sizing page leaves."""
    return HOUR_SECONDS * UTILISATION.value / estimate(MACHINES[GPU], record).per_hour


def page(record: Mapping[str, Any]) -> str:
    """The whole page."""
    seconds = service_seconds(record)
    sections = [
        INTRODUCTION,
        f"A submission takes {1000 * seconds:.0f} ms of an {GPU} at {EFFICIENCY.value:.0%} of its peak.\n",
        *_queue(seconds),
        *_breaks(record),
        *_growth(record),
        *_inputs(record),
    ]
    return "\n".join(sections) + "\n"


def _queue(seconds: float) -> Iterable[str]:
    yield "## Queue delay\n\n95% of a day's submissions wait no longer than this for a GPU, by the number of GPUs.\n"
    yield f"| submissions a month | {' | '.join(f'{count:,}' for count in GPUS)} | GPUs for {WANTED_SECONDS:.0f} s |"
    yield "|---" * (len(GPUS) + 2) + "|"
    for month in MONTHS:
        waits = (daily_delay(month, SWING.value, count, seconds).p95_seconds for count in GPUS)
        needed = gpus_needed(month, SWING.value, seconds, WANTED_SECONDS)
        yield f"| {month:,.0f} | {' | '.join(_duration(wait) for wait in waits)} | {needed:,} |"
    yield f"\n∞: more comes in a day than is done in it.\n\n![Queue delay by GPUs]({DELAYS})\n"


def _breaks(record: Mapping[str, Any]) -> Iterable[str]:
    yield "## Where it breaks first\n\nOf everything that does not grow with the GPUs, the tightest first. A billion "
    peak = daily_rates(1e9, SWING.value).max()
    yield f"submissions a month are {mean_rate(1e9):.0f} a second, {peak:.0f} at the peak.\n"
    yield "| what | of each submission | submissions a second | a month, at the peak's rate | when it is reached |"
    yield "|---|---|---|---|---|"
    for limit in first_to_break(limits(record)):
        rate, uses = limit.submissions_per_second, f"{limit.per_submission:.3g}"
        yield f"| {limit.name} | {uses} | {rate:,.0f} | {_millions(_month_of_peak(rate))} | {limit.change} |"
    yield f"\n![Load at the peak over capacity]({LOADS})\n"


def _growth(record: Mapping[str, Any]) -> Iterable[str]:
    front, uses = record["front_end"], {limit.name: limit.per_submission for limit in limits(record)}
    columns = (
        "submissions a month", "peak a second", "transactions/s", "rows written/s", "log MB/s", "store writes/s",
        "store reads/s", "database GB a month",
    )  # fmt: skip
    yield f"## At the peak\n\n| {' | '.join(columns)} |\n{'|---' * len(columns)}|"
    for month in MONTHS:
        peak = float(daily_rates(month, SWING.value).max())
        values = (
            peak,
            peak * front["transactions"],
            peak * front["rows_written"],
            peak * front["wal_bytes"] / 1e6,
            peak * uses["writes to one bucket prefix"],
            peak * uses["reads of one bucket prefix"],
            month * front["database_bytes"] / 1e9,
        )
        yield f"| {month:,.0f} | {' | '.join(f'{_short(value)}' for value in values)} |"
    yield "\nRetention deletes originals from the store; every row and every delivered file stays.\n"


def _inputs(record: Mapping[str, Any]) -> Iterable[str]:
    yield "## Where the numbers come from\n"
    yield "| figure | of each submission | capacity a second | from |\n|---|---|---|---|"
    for limit in limits(record):
        yield f"| {limit.name} | {limit.per_submission:.3g} | {limit.capacity:,.3g} | {limit.reason} |"
    calls = ", ".join(f"{name} {count:.2f}" for name, count in record["front_end"]["store_calls"].items())
    yield f"\nCalls of the object store by one approved submission, counted: {calls}. To them come the worker's PUT,"
    yield "the decoder's GET and the client's GET. Left out: the network between the parts, Ray's own control plane"
    yield "(its documented scalability envelope has 2,000 nodes and 40,000 actors; a cluster here has five to ten"
    yield "actors a GPU), and the receivers of webhooks."


def draw(record: Mapping[str, Any], folder: Path) -> None:
    """Both pictures, as SVG."""
    import matplotlib as mpl
    from matplotlib import pyplot

    mpl.rcParams |= {"svg.hashsalt": "assay", "svg.fonttype": "none"}
    seconds = service_seconds(record)
    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    counts = sorted({round(10 ** (step / 20)) for step in range(61)})
    for month in MONTHS:
        waits = [daily_delay(month, SWING.value, count, seconds).p95_seconds for count in counts]
        drawn = [
            (count, max(wait, 0.01)) for count, wait in zip(counts, waits, strict=True) if wait < LONGEST_DRAWN_SECONDS
        ]
        if drawn:
            axes.loglog(*zip(*drawn, strict=True), label=f"{month:,.0f} a month")
    axes.set(xlabel=f"GPUs ({GPU})", ylabel="p95 wait for a GPU, seconds", ylim=(0.008, LONGEST_DRAWN_SECONDS))
    axes.axhline(WANTED_SECONDS, color="grey", linewidth=0.8, linestyle=":")
    axes.legend(frameon=False)
    _save(figure, folder / DELAYS)

    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    peaks = [float(daily_rates(month, SWING.value).max()) for month in MONTHS]
    for limit in first_to_break(limits(record)):
        axes.loglog(MONTHS, [peak / limit.submissions_per_second for peak in peaks], label=limit.name)
    axes.axhline(1.0, color="grey", linewidth=0.8, linestyle=":")
    axes.set(xlabel="submissions a month", ylabel="load at the peak over capacity of one")
    axes.legend(frameon=False, fontsize=8)
    _save(figure, folder / LOADS)


def _save(figure: Any, path: Path) -> None:
    from matplotlib import pyplot

    figure.savefig(path, metadata={"Date": None})  # the same numbers make the same file
    pyplot.close(figure)


def _month_of_peak(rate: float) -> float:
    """Submissions in the month whose peak has this rate."""
    return 1e6 * rate / float(daily_rates(1e6, SWING.value).max())


def _duration(seconds: float) -> str:
    if math.isinf(seconds):
        return "∞"
    if seconds < 0.05:
        return "0"
    if seconds < 120:
        return f"{seconds:.1f} s"
    return f"{seconds / 3600:.1f} h" if seconds > 5400 else f"{seconds / 60:.0f} min"


def _millions(count: float) -> str:
    """Rounded to what a model can carry."""
    return f"{round(count / 1e6, 2 - len(str(int(count / 1e6)))):,.0f} million"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


if __name__ == "__main__":
    measurements = load_record()
    PAGE.write_text(page(measurements), encoding="utf-8")
    draw(measurements, PAGE.parent)
