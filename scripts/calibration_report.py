"""What a calibration found, as one HTML page that needs nothing beside itself: reliability, curve, files."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.rubrics.scope import Scope
from api.rubrics.shadow import Shadow
from pipeline.calibration import Judged, Refit
from pipeline.calibration_figures import Bin, Figures
from pipeline.calibration_model import DIGITS, case_of
from pipeline.relevance import match_probability
from pipeline.rubric import Rubric

FILES_SHOWN = 100
CURVE_STEPS = 120
SIDE = 300
"""Of a diagram, in units of its drawing."""
CONFIDENCE_Z = 1.96


@dataclass(frozen=True, slots=True)
class Dot:
    """A bin of the reliability diagram, in units of the drawing."""

    x: float
    y: float
    radius: float
    low: float
    high: float
    """Ends of the 95% interval (Wilson 1927)."""
    told: str


@dataclass(frozen=True, slots=True)
class Curves:
    """The relevance curve before and after, with the labels along it, in units of the drawing."""

    before: str
    after: str
    approved: tuple[float, ...]
    rejected: tuple[float, ...]
    ticks: tuple[tuple[float, str], ...]


def write_calibration_report(path: Path, scope: Scope, refit: Refit, stored: Shadow | None) -> None:
    """Write the page."""
    path.write_text(render_calibration_report(scope, refit, stored), encoding="utf-8")


def render_calibration_report(scope: Scope, refit: Refit, stored: Shadow | None = None) -> str:
    """The page as one string.

    Args:
        scope: of the jobs whose labels were used.
        refit: what they say.
        stored: both rubrics on the newest stored submissions, where they were compared.
    """
    template = _environment().get_template("calibration.html.jinja")
    return template.render(
        scope=str(scope),
        refit=refit,
        side=SIDE,
        diagrams=[("before", dots(refit.before)), ("after", dots(refit.after))],
        curves=_curves(refit),
        rows=figure_rows(refit),
        changes=number_changes(refit),
        decided=_decided_otherwise(refit.judged),
        shown=FILES_SHOWN,
        stored=stored,
        written_at=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def figure_rows(refit: Refit) -> list[tuple[str, str, str]]:
    """Name, before and after of every figure; empty when nothing was fitted."""
    if refit.before is None or refit.after is None:
        return []
    return [(name, told(refit.before), told(refit.after)) for name, told in _FIGURES]


_FIGURES: tuple[tuple[str, Any], ...] = (
    ("agreement with people", lambda f: f"{f.agreement:.1%}"),
    ("approval rate", lambda f: f"{f.approval_rate:.1%}"),
    ("false approvals", lambda f: f"{f.false_approvals} of {f.files}"),
    ("false rejections", lambda f: f"{f.false_rejections} of {f.files}"),
    ("stars off by", lambda f: "–" if f.star_error is None else f"{f.star_error:.2f}"),
    ("log loss", lambda f: f"{f.log_loss:.3f}"),
    ("Brier score", lambda f: f"{f.brier:.3f}"),
    ("calibration error", lambda f: f"{f.calibration_error:.3f}"),
)


def number_changes(refit: Refit) -> list[tuple[str, float, float]]:
    """The numbers of the rubric that were fitted: path in `rubric.yaml`, before and after."""
    if refit.rubric is None:
        return []
    return [
        (name, before, after)
        for (name, before), (_, after) in zip(
            _numbers(refit.parent, refit.encoder), _numbers(refit.rubric, refit.encoder), strict=True
        )
        if round(before, DIGITS) != round(after, DIGITS)
    ]


def _numbers(rubric: Rubric, encoder: str) -> list[tuple[str, float]]:
    curve = rubric.relevance[encoder]
    return [
        (f"relevance.{encoder}.midpoint", curve.midpoint),
        (f"relevance.{encoder}.slope", curve.slope),
        ("script.midpoint", rubric.script.midpoint),
        ("stars.headroom.quality", rubric.stars.headroom["quality"]),
    ]


def dots(figures: Figures | None) -> list[Dot]:
    """The bins of a reliability diagram."""
    if figures is None:
        return []
    most = max(one.count for one in figures.bins)
    return [_dot(one, most) for one in figures.bins]


def _dot(one: Bin, most: int) -> Dot:
    low, high = wilson(one.approved, one.count)
    told = f"predicted {one.predicted:.0%}, approved {one.approved:.0%} of {one.count}"
    radius = 3 + 9 * math.sqrt(one.count / most)
    return Dot(SIDE * one.predicted, SIDE * (1 - one.approved), radius, SIDE * (1 - low), SIDE * (1 - high), told)


def wilson(share: float, count: int) -> tuple[float, float]:
    """95% interval of a share that was seen among `count`."""
    z = CONFIDENCE_Z
    middle = share + z * z / (2 * count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def _curves(refit: Refit) -> Curves | None:
    """`None` when no label says anything about the curve of the encoder."""
    found = [(case_of(one.file, refit.parent), one.file.approved) for one in refit.judged]
    cases = [(case.witness, approved) for case, approved in found if case and case.judged and case.script_slope is None]
    if refit.rubric is None or not cases:
        return None
    low, high = min(z for z, _ in cases) - 0.5, max(z for z, _ in cases) + 0.5
    place = _Place(low, high)
    return Curves(
        before=_path(refit.parent, refit.encoder, place),
        after=_path(refit.rubric, refit.encoder, place),
        approved=tuple(place.of(z) for z, approved in cases if approved),
        rejected=tuple(place.of(z) for z, approved in cases if not approved),
        ticks=tuple((place.of(z), str(z)) for z in range(math.ceil(low), math.floor(high) + 1)),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a standard score lies in the drawing, which is twice as wide as it is high."""

    low: float
    high: float

    def of(self, standard: float) -> float:
        return round(2 * SIDE * (standard - self.low) / (self.high - self.low), 2)


def _path(rubric: Rubric, encoder: str, place: _Place) -> str:
    steps = [place.low + (place.high - place.low) * step / CURVE_STEPS for step in range(CURVE_STEPS + 1)]
    points = [(place.of(z), SIDE * (1 - match_probability(z, rubric.relevance[encoder]))) for z in steps]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _decided_otherwise(judged: Sequence[Judged]) -> list[Judged]:
    """Files on which the two rubrics differ, the spoiled ones first."""
    differing = [one for one in judged if _passes(one, one.before) != _passes(one, one.after)]
    return sorted(differing, key=lambda one: (_passes(one, one.after) == one.file.approved, one.file.name))


def _passes(one: Judged, stars: int) -> bool:
    return stars >= one.file.min_star_rating


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
