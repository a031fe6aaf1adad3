"""What `assay canary` and `assay reload` say about what they found."""

import io
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from configs.settings import load_settings
from models.outputs import ModelIdentity
from scripts.canary_command import Bounds, Wish, did_well, report_table, verdict
from scripts.cli import build
from scripts.reload_command import describe_batch, tell
from serve.canary import CanaryReport
from serve.samples import Comparison
from serve.swapping import Reloaded
from serve.trial import Compared

SETTINGS = load_settings("embedded")


def compared(agreement: float | None = 1.0, stars: tuple[int, int] = (4, 4), error: str | None = None) -> Compared:
    return Compared(*stars, float(stars[1] - stars[0]), agreement, 0.02, 0.01, error)


def report(*found: Compared) -> CanaryReport:
    identities = [ModelIdentity("detector", "yolo", "1", "0" * 64, precision) for precision in ("f32", "int8")]
    return CanaryReport(identities[0], identities[1], Comparison("detector", 3, 1.0, 0.1, 0.1), found, 0.004, None)


@pytest.mark.parametrize(
    ("found", "well"),
    [
        ([compared(), compared(0.9)], True),
        ([compared(), compared(0.5)], False),
        ([compared(), compared(None)], True),  # both found nothing in the second
        ([compared(), compared(None), compared(None)], False),  # nor in more than half of them
        ([compared(None)], False),  # nothing was learnt
        ([compared()] * 10 + [compared(None)] * 40, True),
        ([compared()] * 9 + [compared(None)] * 41, False),
        ([], False),
        ([compared(), compared(None, error="EngineUnavailable: gone")], False),
    ],
)
def test_a_candidate_does_well_if_it_agrees_and_never_fails(found: list[Compared], well: bool) -> None:
    assert did_well(report(*found), bounds(len(found))) is well


def test_a_candidate_that_answered_too_few_has_not_done_well() -> None:
    assert not did_well(report(compared()), bounds(2))


def bounds(submissions: int, *, promote: bool = True) -> Bounds:
    return Bounds(0.1, submissions, 60, promote, 0.9)


def test_the_report_counts_what_would_change() -> None:
    out = io.StringIO()
    found = report(compared(), compared(0.5, (3, 2)), compared(0.9, (4, 5)), compared(None, error="gone"))
    Console(file=out, width=120).print(report_table(found))
    rows = {line.split("│")[1].strip(): line.split("│")[2:4] for line in out.getvalue().splitlines() if "│" in line}
    said = {name: [each.strip() for each in cells] for name, cells in rows.items()}
    assert said["submissions scored on both"][1] == "4"
    assert said["the candidate failed on"][1] == "1"
    assert said["agreement of the outputs"][1] == "0.800"
    assert said["shift of the mean score"][1] == "+0.000"
    assert said["other stars"][1] == "2"
    assert said["other side of 3 stars"][1] == "1"
    assert said["ms an item, as the scorer waits"] == ["20.0", "10.0"]
    assert said["ms an item, inside the model"] == ["4.0", "-"]


@pytest.mark.parametrize(
    ("promote", "agreement", "said"),
    [(False, 1.0, "ended"), (True, 1.0, "promoted"), (True, 0.2, "not promoted: 0.90 agreement")],
)
def test_the_verdict(promote: bool, agreement: float, said: str) -> None:
    assert verdict(report(compared(agreement)), bounds(1, promote=promote)).startswith(said)


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (Reloaded((), (), ("decode", "rubric")), "taken as well: decode, rubric\nin force until"),
        (Reloaded((), (), ()), "the engine is that of the profile already"),
    ],
)
def test_what_a_reload_changed_is_said(done: Reloaded, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    tell(done, SETTINGS)
    assert capsys.readouterr().out.startswith(said)


@pytest.mark.parametrize("base", [None, SETTINGS.models["detector"].model_copy(update={"threads": 7})])
def test_a_wish_changes_what_serves_or_what_a_profile_names(base: Any) -> None:
    serving = SETTINGS.models["detector"]
    chosen = Wish("detector", base, {"precision": "int8"}).choose(serving)
    assert (chosen.precision, chosen.threads) == ("int8", 7 if base else serving.threads)
    assert chosen.options == serving.options


def test_batches_in_words() -> None:
    changed = SETTINGS.models["detector"].model_copy(
        update={"batch": SETTINGS.models["detector"].batch.model_copy(update={"max_items": 3, "wait_seconds": 0.002})}
    )
    settings = SETTINGS.model_copy(update={"models": {"detector": changed}})
    assert describe_batch("detector", settings).startswith("batches of up to 3 items")
    assert "2 ms wait" in describe_batch("detector", settings)


@pytest.mark.parametrize("command", ["reload", "canary", "tune"])
def test_the_commands_are_there(command: str) -> None:
    assert command in [each.name for each in build([command]).registered_commands]


def test_a_command_tells_ray_where_it_is_before_it_imports_it(tmp_path: Path) -> None:
    """Else Ray looks for the engine at the machine's outward address, where none listens."""
    program = f"""
from pathlib import Path
import asyncio, scripts.canary_command, scripts.reload_command
from configs.settings import load_settings
from scripts.running_engine import in_the_engine_of
try:
    in_the_engine_of(load_settings("embedded", state_dir=Path({str(tmp_path)!r})), asyncio.sleep(0))
except Exception as error:
    print(error)
import serve
print("ray came first:", serve.RAY_CAME_FIRST)
"""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    said = subprocess.run([sys.executable, "-c", program], env=clean, capture_output=True, text=True, check=True).stdout
    assert "no assay up keeps its state in" in said
    assert "ray came first: False" in said
