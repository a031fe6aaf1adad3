"""The page and its pictures are what the model writes."""

from pathlib import Path

import pytest

from scripts.scale_model import first_to_break, limits
from scripts.scale_page import DELAYS, LOADS, PAGE, draw, page, service_seconds
from scripts.sizing import load_record

LARGEST_BYTES = 200_000


def test_the_page_is_what_the_model_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(load_record()), "run python -m scripts.scale_page"


def test_the_pictures_are_what_the_model_draws(tmp_path: Path) -> None:
    draw(load_record(), tmp_path)
    for name in (DELAYS, LOADS):
        kept = (PAGE.parent / name).read_bytes()
        assert len(kept) < LARGEST_BYTES
        assert (tmp_path / name).read_bytes() == kept, "run python -m scripts.scale_page"


def test_every_limit_has_its_source_and_its_remedy() -> None:
    for limit in limits(load_record()):
        assert limit.per_submission > 0
        assert "docs/measurements/costs.json" in limit.reason
        assert limit.change


def test_the_front_end_is_no_faster_than_its_slowest_part() -> None:
    """What the page names first allows fewer submissions a second than anything below it."""
    ordered = [limit.submissions_per_second for limit in first_to_break(limits(load_record()))]
    assert ordered == sorted(ordered)


def test_a_gpu_takes_part_of_a_second_for_a_submission() -> None:
    assert service_seconds(load_record()) == pytest.approx(0.1, abs=0.4)
