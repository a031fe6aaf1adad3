from pathlib import Path

from typer.testing import CliRunner

from scripts.cli import build


def prepared(folder: Path) -> str:
    done = CliRunner().invoke(build(["prepare"]), ["prepare", "--data-dir", str(folder)])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_first_time_shows_the_secrets_and_no_later_one_does(tmp_path: Path) -> None:
    first = prepared(tmp_path)
    assert "the database is up to date" in first
    assert "fh_live_" in first
    assert "wk_" in first
    second = prepared(tmp_path)
    assert "the database is up to date" in second
    assert "fh_live_" not in second
