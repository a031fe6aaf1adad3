"""The page of a calibration: both diagrams drawn to scale, and nothing from outside."""

import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

from api.rubrics.scope import Scope
from api.rubrics.shadow import Shadow
from pipeline.calibration import refit
from pipeline.calibration_figures import Bin
from scripts.calibration_report import SIDE, dots, figure_rows, number_changes, render_calibration_report, wilson
from tests.pipeline.labelled import photos
from tests.pipeline.scoring import RUBRIC

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '"><script>alert(1)</script>'


def _drawings(page: str) -> list[ElementTree.Element]:
    parts = [part.partition("</svg>")[0] for part in page.split("<svg ")[1:]]
    return [ElementTree.fromstring(f'<svg xmlns="http://www.w3.org/2000/svg" {part}</svg>') for part in parts]


def test_the_page_draws_what_was_found() -> None:
    files = photos(120, approved_above=4.8)
    found = refit([replace(files[0], name=HOSTILE, approved=not files[0].approved), *files[1:]], RUBRIC)
    page = render_calibration_report(Scope(None, "image"), found, Shadow(50, 1, 40, 30, 12))
    before, after, curve = _drawings(page)
    assert found.before is not None
    assert found.after is not None
    for drawing, figures in ((before, found.before), (after, found.after)):
        circles = drawing.findall(f".//{SVG}circle")
        places = [(float(one.attrib["cx"]), float(one.attrib["cy"])) for one in circles]
        wanted = [(one.predicted * SIDE, (1 - one.approved) * SIDE) for one in figures.bins]
        assert places == [pytest.approx(place, abs=0.06) for place in wanted]
    assert len(curve.findall(f"{SVG}path[@class='curve before']")) == 1
    assert "Approved 80.0% by the rubric as it is, 60.0% refitted; 12 would have been decided otherwise" in page
    assert "all organizations" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_page_without_a_fit_says_why() -> None:
    found = refit(photos(10), RUBRIC)
    page = render_calibration_report(Scope("org_1"), found)
    assert "10 labels say something about the curves; 40 are needed." in page
    assert "<svg" not in page
    assert (figure_rows(found), number_changes(found)) == ([], [])


def test_numbers_that_change_are_named() -> None:
    found = refit(photos(200, approved_above=4.8), RUBRIC)
    changes = {name: (before, after) for name, before, after in number_changes(found)}
    before, after = changes["relevance.conse.midpoint"]
    assert (before, after > before + 0.8) == (RUBRIC.relevance["conse"].midpoint, True)
    assert "script.midpoint" not in changes


@pytest.mark.parametrize(
    ("share", "count", "low", "high"),
    [(0.5, 100, 0.404, 0.596), (0.0, 10, 0.0, 0.278), (1.0, 10, 0.722, 1.0), (0.8, 5, 0.376, 0.964)],
)
def test_wilson(share: float, count: int, low: float, high: float) -> None:
    assert wilson(share, count) == pytest.approx((low, high), abs=0.001)


def test_dots_grow_with_their_files() -> None:
    found = refit(photos(120, approved_above=4.8), RUBRIC)
    assert found.before is not None
    few, many = dots(replace(found.before, bins=(Bin(0.1, 0.2, 4), Bin(0.9, 0.8, 100))))
    assert (few.radius, many.radius) == (pytest.approx(4.8), 12.0)
    assert few.low - few.high > many.low - many.high
    assert dots(None) == []
