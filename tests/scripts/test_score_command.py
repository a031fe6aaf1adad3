"""What `assay score` refuses before it starts the engine, and which files it leaves alone."""

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.score_command import _finished, score_files
from scripts.user_errors import UserError

WHOLE = b'{"id": "a", "score": 5}\n{"id": "b", "score": 4}\n'


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    (tmp_path / "photo.png").touch()
    line = {"id": "a", "path": "photo.png", "content_type": "image", "description": "A photo of a cat."}
    path = tmp_path / "manifest.jsonl"
    path.write_text(json.dumps(line) + "\n")
    return path


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"report": Path("report.html")}, "--report"),
        ({"as_json": True}, "--json"),
        ({"description": "A cat.", "requirements": "{}"}, "--description, --requirements"),
        ({"content_type": "image"}, "--content-type"),
        ({"files": [Path("photo.png")]}, "files"),
    ],
)
def test_a_manifest_goes_with_no_option_for_files(manifest: Path, options: dict[str, Any], named: str) -> None:
    with pytest.raises(UserError, match=f"^{named} do not go with --manifest"):
        score_files(manifest=manifest, out=manifest.with_name("out.jsonl"), **options)


def test_what_cannot_be_written_is_told_before_anything_is_scored(manifest: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no folder"):
        score_files([manifest], description="A cat.", report=tmp_path / "missing" / "report.html")
    with pytest.raises(UserError, match="there is no folder"):
        score_files(manifest=manifest, out=tmp_path / "missing" / "out.jsonl")
    with pytest.raises(UserError, match="goes with --manifest only"):
        score_files([manifest], description="A cat.", out=tmp_path / "out.jsonl")


@pytest.mark.parametrize("cut", [b"", b"{", b'{"id": "c", "sco'])
def test_of_earlier_results_only_a_line_that_was_cut_is_dropped(tmp_path: Path, cut: bytes) -> None:
    out = tmp_path / "out.jsonl"
    out.write_bytes(WHOLE + cut)
    assert _finished(out) == {"a", "b"}
    assert out.read_bytes() == WHOLE


def test_results_are_not_written_anew_for_a_resume(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    out.write_bytes(WHOLE)
    out.chmod(0o444)
    before = out.stat()
    assert _finished(out) == {"a", "b"}
    assert (out.stat().st_mtime_ns, out.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize(
    "text",
    [b"Dear diary,\nit rained", b"Dear diary", b'{"name": "x"}\n', b"[1]\n", b"1\n", b"\xff\n", WHOLE + b"and notes"],
)
def test_a_file_of_something_else_is_refused_and_left_as_it_is(manifest: Path, text: bytes) -> None:
    out = manifest.with_name("diary.txt")
    out.write_bytes(text)
    with pytest.raises(UserError, match=r"diary\.txt:\d: no result"):
        score_files(manifest=manifest, out=out)
    assert out.read_bytes() == text
