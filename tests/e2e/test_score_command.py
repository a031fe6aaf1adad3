"""`assay score` as a user runs it: its own process, real files, real models."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import skimage

from scripts.sample_media import page
from tests.e2e.live.profile import write_profile

pytestmark = pytest.mark.slow

PHOTOS = Path(skimage.__file__).parent / "data"


def assay(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8", timeout=300, check=False)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_photo_is_scored_and_printed_as_json(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    run = assay("score", PHOTOS / "chelsea.png", "--description", "A photo of a cat.", "--json", "--report", report)
    assert run.returncode == 0, run.stderr
    result = json.loads(run.stdout)
    assert result["score"] >= 4
    assert "cat" in " ".join(label["label"] for label in result["annotations"]["object_labels"])
    assert "chelsea.png" in report.read_text(encoding="utf-8")


def test_a_manifest_is_resumed_where_it_was_cut_off(tmp_path: Path) -> None:
    manifest, out = tmp_path / "manifest.jsonl", tmp_path / "out.jsonl"
    wanted = {"cat": "chelsea.png", "again": "chelsea.png", "coffee": "coffee.png"}
    manifest.write_text(
        "".join(
            json.dumps(
                {
                    "id": name,
                    "path": str(PHOTOS / file),
                    "content_type": "image",
                    "description": "A photo of a cat.",
                    "group": "one job",
                    "expect": {"ignored": True},
                }
            )
            + "\n"
            for name, file in wanted.items()
        )
    )
    score = ("score", "--manifest", manifest, "--out", out, "--profile", write_profile(tmp_path / "two-models.yaml"))
    first = assay(*score)
    assert first.returncode == 0, first.stderr
    whole = {row["id"]: row for row in lines(out)}
    assert set(whole) == set(wanted)
    assert whole["again"]["score_breakdown"]["reasons"][0] == "integrity.duplicate"

    kept, *cut = out.read_text(encoding="utf-8").splitlines(keepends=True)
    out.write_text(kept + cut[0][:40])
    assert assay(*score).returncode == 0
    assert {row["id"]: row for row in lines(out)} == whole
    again = assay(*score)
    assert "all 3 cases are scored already" in again.stderr


PAGES = {
    "menu": ("Soups", "Miso 4.20", "Mains", "Pad thai 11.40", "Green curry 12.00", "Jasmine tea 2.30"),
    "receipt": ("GREENLEAF MARKET", "Tomatoes 1.12", "TOTAL 8.61", "Mastercard", "Change 0.00", "Points earned 8"),
    "letter": ("Dear Mrs Whitfield,", "we have your order", "and will send it on Monday.", "Kind regards", "T. Moreau"),
}


def test_pages_are_told_by_what_is_written_on_them(tmp_path: Path) -> None:
    for name, written in PAGES.items():
        page(written, 48).save(tmp_path / f"{name}.png")
    page(PAGES["menu"], 48).resize((1000, 750)).save(tmp_path / "copy.png")
    cases = [
        ("menus", "menu.png", "50 photos of coffee shop menus", []),
        ("signs", "menu.png", "Photos of road signs", ["relevance.off_topic"]),
        ("receipts", "receipt.png", "Photos of receipts", []),
        ("receipts", "letter.png", "Photos of receipts", ["relevance.not_judged"]),  # of the same layout, and no copy
        ("receipts", PHOTOS / "chelsea.png", "Photos of receipts", ["relevance.no_text"]),
        ("menus", "copy.png", "50 photos of coffee shop menus", ["integrity.duplicate"]),
    ]
    manifest, out = tmp_path / "manifest.jsonl", tmp_path / "out.jsonl"
    rows = (
        {"id": str(number), "path": str(tmp_path / file), "content_type": "image", "description": asked, "group": group}
        for number, (group, file, asked, _) in enumerate(cases)
    )
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows))
    run = assay("score", "--manifest", manifest, "--out", out)
    assert run.returncode == 0, run.stderr
    reasons = {row["id"]: row["score_breakdown"]["reasons"] for row in lines(out)}
    told = [[code for code in reasons[str(number)] if not code.startswith("image.")] for number in range(len(cases))]
    assert told == [expected for *_, expected in cases]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["score", "missing.jpg", "--description", "x"], "no such file: missing.jpg"),
        (["score"], "--description"),
        (["score", "README.md", "--description", "x", "--requirements", "{"], "not JSON"),
        (["score", "README.md", "--description", "x", "--profile", "nope"], "no profile 'nope'"),
        (["score", "README.md", "--description", "x", "--profile", "gpu"], "no relevance curve"),
    ],
)
def test_what_the_caller_got_wrong_is_one_line(arguments: list[str], complaint: str) -> None:
    run = assay(*arguments)
    assert run.returncode == 2
    assert complaint in run.stderr
    assert "Traceback" not in run.stderr


def test_a_manifest_of_missing_files_is_told_before_any_is_scored(tmp_path: Path) -> None:
    manifest, out = tmp_path / "manifest.jsonl", tmp_path / "results.jsonl"
    case = {"content_type": "image", "description": "x", "group": "one"}
    names = ["README.md", *(f"missing-{number}.jpg" for number in range(5))]
    manifest.write_text("".join(json.dumps(case | {"id": name, "path": name}) + "\n" for name in names))
    run = assay("score", "--manifest", str(manifest), "--out", str(out))
    assert run.returncode == 2
    assert "no such file: missing-0.jpg, missing-1.jpg, missing-2.jpg and 2 more" in " ".join(run.stderr.split())
    assert "Traceback" not in run.stderr
    assert not out.exists()
