"""What was tried, as one HTML page with a plot for each model; it needs nothing from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader

from scripts.tune_profile import figures
from scripts.tune_search import MIN_AGREEMENT, Point, Tuned, front

TEMPLATE = "tune.html.jinja"


@dataclass(frozen=True, slots=True)
class Plot:
    """The picture's frame, in its own units."""

    width: int = 760
    height: int = 320
    left: int = 70
    right: int = 740
    top: int = 30
    bottom: int = 270


@dataclass(frozen=True, slots=True)
class Tick:
    """A labelled line of the grid."""

    at: float
    label: str


PLOT = Plot()


def write_page(title: str, heading: Sequence[str], tuned: Sequence[Tuned], latency_ms: float, path: Path) -> None:
    """Write the page."""
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    models = [_model(each, latency_ms) for each in tuned]
    page = environment.get_template(TEMPLATE).render(title=title, heading=heading, models=models, plot=PLOT)
    path.write_text(page, encoding="utf-8")


def verdict(tuned: Tuned) -> str:
    """Whether the profile's own way was worth a change, in a sentence or two."""
    if tuned.best == tuned.shipped:
        return f"The profile's own way is within 3% of the best found: {figures(tuned.shipped)}."
    against = f"{tuned.gain:.2f} times the profile's own way: {figures(tuned.best)} against {figures(tuned.shipped)}."
    if tuned.gain_in_the_mix is None:
        return against
    kept = "" if tuned.chosen == tuned.best else ", so the profile's own way stays"
    return f"By itself {against} In the whole engine {tuned.gain_in_the_mix:.2f} times the files a second{kept}."


def ticks(low: float, high: float, count: int = 6) -> list[float]:
    """Round numbers over a range."""
    rough = (high - low) / count or 1.0
    magnitude = 10 ** np.floor(np.log10(rough))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= rough)
    return [float(value) for value in np.arange(np.ceil(low / step) * step, high * (1 + 1e-9), step)]


def _model(tuned: Tuned, latency_ms: float) -> dict[str, Any]:
    points = [*tuned.points, tuned.shipped, *([tuned.best] if tuned.best != tuned.shipped else [])]
    furthest = max(point.measured.p95_ms for point in points) * 1.05
    highest = max(point.measured.items_per_second for point in points) * 1.08

    def x(milliseconds: float) -> float:
        return round(PLOT.left + (PLOT.right - PLOT.left) * milliseconds / furthest, 1)

    def y(throughput: float) -> float:
        return round(PLOT.bottom - (PLOT.bottom - PLOT.top) * throughput / highest, 1)

    accurate = [point for point in points if point.agreement >= MIN_AGREEMENT]
    line = [f"{x(each.measured.p95_ms)},{y(each.measured.items_per_second)}" for each in front(accurate)]
    return {
        "role": tuned.role,
        "verdict": verdict(tuned),
        "x_ticks": [Tick(x(value), f"{value:g}") for value in ticks(0, furthest)],
        "y_ticks": [Tick(y(value), f"{value:g}") for value in ticks(0, highest)],
        "bound": x(latency_ms) if latency_ms < furthest else None,
        "front": " ".join(line),
        "dots": [
            {
                "x": x(point.measured.p95_ms),
                "y": y(point.measured.items_per_second),
                "kind": _kind(point, tuned),
                "radius": 6 if point in (tuned.shipped, tuned.best) else 4,
                "title": f"{point.way.describe()}: {figures(point)}",
            }
            for point in points
        ],
        "rows": [_row(point) for point in sorted(points, key=lambda each: -each.measured.items_per_second)],
        "failures": tuned.failures,
    }


def _kind(point: Point, tuned: Tuned) -> str:
    if point.agreement < MIN_AGREEMENT:
        return "inaccurate"
    if point == tuned.chosen:
        return "best"
    return "shipped" if point == tuned.shipped else "point"


def _row(point: Point) -> dict[str, str]:
    return {
        "way": point.way.describe(),
        "throughput": f"{point.measured.items_per_second:.3g}",
        "p95": f"{point.measured.p95_ms:.0f}",
        "memory": f"{point.measured.memory_mb:.0f}",
        "agreement": f"{point.agreement:.3f}",
    }
