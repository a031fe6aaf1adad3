"""The demo: make media, score them on the serving stack, show everything, check that it is as expected."""

import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from configs.settings import load_settings
from pipeline.result import EarlierFile, ScoreRequest, ScoreResult
from scripts.demo_jobs import DemoJob, Submission, demo_jobs
from scripts.demo_media import SpeechMissingError
from scripts.report import MIN_STAR_RATING, entry, write_report
from scripts.tables import stars
from serve.client import Engine, RayEngine

SHOWN_ITEMS = 3
"""Entries of a list that are printed; the files hold all of them."""

PIPE_COLUMNS = 160
"""Width where there is no terminal to ask, as in the log of a CI run."""

console = Console() if sys.stdout.isatty() else Console(width=PIPE_COLUMNS)


@dataclass(frozen=True, slots=True)
class Scored:
    """One file of the demo with its score."""

    job: DemoJob
    submission: Submission
    path: Path
    result: ScoreResult
    seconds: float
    """From the request to the result; the jobs run side by side, so the files wait for one another."""

    @property
    def failures(self) -> list[str]:
        return [*self.submission.expected.failures(self.result)]


def main(
    once: Annotated[bool, typer.Option("--once", help="End by itself: 0 when everything is as expected.")] = False,
    out: Annotated[Path | None, typer.Option(help="Where media and results go.", show_default=False)] = None,
    profile: Annotated[str, typer.Option(help="Profile name or the path of a .yaml file.")] = "embedded",
) -> None:
    """Score good and bad media of seven jobs on Ray Serve, and check every score."""
    settings = load_settings(profile)
    folder = out or settings.data_dir / "demo"
    jobs = demo_jobs()
    media = _make_media(jobs, folder / "media")
    scored = asyncio.run(_score_all(RayEngine(settings), jobs, media))
    console.print(_table(scored))
    _print_annotations(scored)
    report = _write(scored, folder)
    failed = _check(scored, missing=sum(len(job.submissions) for job in jobs) - len(media))
    console.print(f"\nReport: [bold]{report}[/bold]", soft_wrap=True)
    if not once:
        console.print("Open it in a browser. The demo has ended and left nothing running.")
    raise typer.Exit(1 if failed else 0)


def _make_media(jobs: Sequence[DemoJob], folder: Path) -> dict[Submission, Path]:
    """Write the files; those that need speech are left out where espeak-ng is missing."""
    made, unspoken = {}, []
    for number, job in enumerate(jobs, start=1):
        for submission in job.submissions:
            path = folder / str(number) / submission.name
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                path.write_bytes(submission.make())
            except SpeechMissingError:
                unspoken.append(submission.name)
                continue
            made[submission] = path
    console.print(f"{len(made)} files made in {folder}", soft_wrap=True)
    if unspoken:
        console.print(f"[yellow]espeak-ng is not installed, so these are left out: {', '.join(unspoken)}[/yellow]")
    return made


async def _score_all(engine: Engine, jobs: Sequence[DemoJob], media: dict[Submission, Path]) -> list[Scored]:
    """Jobs side by side, so that batches form across them; the files of a job in their order."""
    started_at = perf_counter()
    try:
        await engine.start(on_progress=_Steps())
        console.print(f"engine ready after {perf_counter() - started_at:.0f} s")
        scoring_at = perf_counter()
        scored = await asyncio.gather(*(_score_job(engine, job, media) for job in jobs))
        console.print(f"{len(media)} files scored in {perf_counter() - scoring_at:.0f} s")
    finally:
        await engine.close()
    return [one for job in scored for one in job]


class _Steps:
    """Prints each step of the start once, however often it is reported."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, step: str) -> None:
        if step != self._last:
            console.print(Text(f"  {step}", style="dim"))
        self._last = step


async def _score_job(engine: Engine, job: DemoJob, media: dict[Submission, Path]) -> list[Scored]:
    """A file is compared with those that were approved before it: who is asked to try again may send the same scene."""
    scored: list[Scored] = []
    earlier: tuple[EarlierFile, ...] = ()
    for submission in (one for one in job.submissions if one in media):
        started_at = perf_counter()
        result = await engine.score(ScoreRequest(media[submission], job.brief, earlier))
        scored.append(Scored(job, submission, media[submission], result, perf_counter() - started_at))
        if result.score.stars >= MIN_STAR_RATING and result.fingerprint is not None:
            earlier += (EarlierFile(submission.name, result.fingerprint),)
        console.print(stars(result.score.stars), Text(f"{submission.name}  {' '.join(result.score.reasons)}"))
    return scored


def _table(scored: Sequence[Scored]) -> Table:
    table = Table("file", "job", "stars", "reasons", "what the worker is told", "seconds", title="Scores")
    table.columns[-1].justify = "right"
    for one in scored:
        score = one.result.score
        told = Text("\n".join(score.reasons)), Text(score.feedback)
        name = Text(one.submission.name, style="" if not one.failures else "bold red")
        table.add_row(name, one.job.title, stars(score.stars), *told, f"{one.seconds:.1f}")
    return table


def _print_annotations(scored: Sequence[Scored]) -> None:
    """The annotations of one approved file of each content type."""
    shown = set()
    for one in scored:
        facts, annotations = one.result.evidence.facts, one.result.annotations
        if facts is None or annotations is None or facts.content_type in shown or one.result.score.stars < 4:
            continue
        shown.add(facts.content_type)
        console.rule(f"annotations of {one.submission.name}, lists cut after {SHOWN_ITEMS}")
        console.print_json(data=_shortened(annotations))


def _shortened(value: Any) -> Any:
    """The same with no list longer than `SHOWN_ITEMS`, saying how much was left out."""
    match value:
        case dict():
            return {key: _shortened(item) for key, item in value.items()}
        case list() if len(value) > SHOWN_ITEMS:
            return [*map(_shortened, value[:SHOWN_ITEMS]), f"… {len(value) - SHOWN_ITEMS} more"]
        case list():
            return [_shortened(item) for item in value]
        case _:
            return value


def _write(scored: Sequence[Scored], folder: Path) -> Path:
    """`results.jsonl` and `report.html`; returns the path of the latter."""
    with (folder / "results.jsonl").open("w", encoding="utf-8") as results:
        for one in scored:
            line = {"file": one.submission.name, "job": one.job.title} | one.result.to_json()
            results.write(json.dumps(line, ensure_ascii=False) + "\n")
    report = folder / "report.html"
    entries = (
        entry(one.path, one.job.brief.description, one.result, title=one.job.title, seconds=one.seconds)
        for one in scored
    )
    write_report(entries, report)
    return report


def _check(scored: Sequence[Scored], missing: int) -> bool:
    """Say what does not hold; whether anything does not."""
    console.rule("checks")
    for one in scored:
        for failure in one.failures:
            console.print(Text(f"✕ {one.job.title}, {one.submission.name}: {failure}", style="red"))
    failed = sum(bool(one.failures) for one in scored)
    left_out = f", {missing} left out" if missing else ""
    console.print(f"{len(scored) - failed} of {len(scored)} files are scored as expected{left_out}.")
    return failed > 0


if __name__ == "__main__":
    with suppress(BrokenPipeError):
        typer.run(main)
    sys.exit()
