"""The measurement behind decision 0032."""

import json
from pathlib import Path

import pytest

from scripts import calibrate_pages


@pytest.mark.slow
def test_pages_are_told_better_by_their_kind_than_by_meaning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrate_pages, "PAGES", 2)
    calibrate_pages.main(tmp_path)
    record = json.loads((tmp_path / "pages-conse.json").read_text())
    assert record["pages"] == 2 * 2 * record["kinds"]
    assert record["right"] > 0.6
    assert record["by_kind"]["missed"] < record["by_meaning"]["missed"] / 2
    assert record["by_kind"]["mistaken"] < record["by_meaning"]["mistaken"]
    assert record["by_kind"]["mistaken_classes"] < 0.001
    assert {name for _, name in record["classes"]} <= {"menu", "street sign"}
    assert len(record["asked_kind"]["missed"]) <= 4
    assert len(record["asked_kind"]["mistaken"]) <= 6
    assert len(record["asked_page"]["mistaken"]) <= 2
    assert min(record["log_loss"], key=record["log_loss"].get) == str(record["sharpness"])
