"""`python -m scripts.bench`: every benchmark prints a table and writes JSON. None of them is a test.

models     each model against the library that a reader of its README would call
ensemble   full images: naive ensemble, bare optimised loop, Ray Serve
soak       memory over many files
service-soak  memory, rows and books after many submissions over HTTP
start      first start against a second one
api        the front end over HTTP, with an engine that answers at once
service    the whole service over HTTP: its engine, the plain ensemble, LitServe, a naive service; latency; backlog
swap       other weights under load: failures, latency before, during and after, and without
search     stored embeddings: NumPy, pgvector, sqlite-vec
lists      pages of a job of a million files, claims from a long queue
"""

import asyncio
import json
import platform
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from scripts.tune_machine import describe_machine

app = typer.Typer(no_args_is_help=True, help=__doc__, pretty_exceptions_enable=False)
console = Console(markup=False)

Eval = Annotated[Path, typer.Option("--eval", help="The evaluation set (eval/ of the shared folder).")]
Out = Annotated[Path, typer.Option("--out", help="Folder for the JSON files.")]
EVAL, OUT = Path("../shared/eval"), Path("bench-results")


@app.command()
def models(eval_dir: Eval = EVAL, out: Out = OUT, only: Annotated[str, typer.Option()] = "") -> None:
    """Text, detector, concepts and speech, each against its naive use, in one run."""
    from scripts.bench import concepts, detector, speech, text

    benches = {"text": text.run, "detector": detector.run, "concepts": concepts.run, "speech": speech.run}
    for name, run in benches.items():
        if not only or name in only.split(","):
            _report(name, run(eval_dir), out)


@app.command()
def ensemble(eval_dir: Eval = EVAL, out: Out = OUT, repeat: int = 3) -> None:
    """Full image ensemble on text photos: throughput and accuracy of three ways to run it."""
    from scripts.bench.ensemble import run

    _report("ensemble", run(eval_dir, repeat), out)


@app.command()
def soak(eval_dir: Eval = EVAL, out: Out = OUT, files: int = 500) -> None:
    """Memory of the whole stack while it scores many files."""
    from scripts.bench.soak import run

    _report("soak", run(eval_dir, files), out)


@app.command("service-soak")
def service_soak(eval_dir: Eval = EVAL, out: Out = OUT, submissions: int = 10_000) -> None:
    """Memory, rows and books after many submissions over HTTP."""
    from scripts.bench.service_soak import run

    report = run(eval_dir, submissions)
    _report("service-soak-memory", report.memory, out)
    _report("service-soak", report.found, out)


@app.command()
def start(eval_dir: Eval = EVAL, out: Out = OUT) -> None:
    """A start with nothing cached against a second one, to the first score."""
    from scripts.bench.start import run

    _report("start", run(eval_dir), out)


@app.command()
def swap(
    out: Out = OUT,
    roles: Annotated[str, typer.Option(help="Roles that get other weights, with commas between.")] = "detector,speech",
    load: Annotated[float, typer.Option(help="Arrivals as a share of what the engine can do.")] = 0.5,
    seconds: Annotated[float, typer.Option(help="Of the phases before and after.")] = 30.0,
    repeat: Annotated[int, typer.Option(help="Swaps; every second one goes back.")] = 2,
) -> None:
    """A swap of weights while submissions arrive: failures, and latency, against the same ones without a swap."""
    from scripts.bench.swap import run

    _report("swap", run(roles.split(","), load, seconds, repeat), out)


@app.command()
def search(out: Out = OUT, sizes: str = "10000,100000") -> None:
    """A search over so many embeddings, in each way that there is."""
    from scripts.bench.search import run

    _report("search", run([int(size) for size in sizes.split(",")]), out)


@app.command()
def api(out: Out = OUT, submissions: int = 500, databases: str = "postgres,sqlite", rounds: int = 3) -> None:
    """The front end with an engine that answers at once: submissions a second, processor time of each."""
    from scripts.bench.api import run

    _report("api", run(submissions, databases.split(","), rounds), out)


@app.command()
def lists(out: Out = OUT, files: int = 1_000_000, sqlite_files: int = 100_000) -> None:
    """Every list over one job of so many files, on Postgres and SQLite; the plans go to lists-plans.txt."""
    from scripts.bench.lists import run

    _report("lists", run(files, sqlite_files, out), out)


@app.command()
def service(
    eval_dir: Eval = EVAL,
    out: Out = OUT,
    files: Annotated[int, typer.Option(help="Files of the mix in a round.")] = 60,
    rounds: int = 3,
    naive_files: Annotated[int, typer.Option(help="Files that the naive service gets.")] = 20,
) -> None:
    """Mixed media over HTTP to committed decisions, side by side with other ways to serve them."""
    from scripts.bench import backlog
    from scripts.bench.plots import bars
    from scripts.bench.service import run

    report = asyncio.run(run(eval_dir, files, rounds, naive_files))
    _report("service", report.throughput, out)
    _report("service-latency", report.latency, out)
    _report("service-backlog", backlog.run(), out)
    bars(report.throughput, "way", "files_per_second", out / "service.svg")


def _report(name: str, rows: list[dict[str, Any]], out: Path) -> None:
    """One row a thing that was measured; every row has the same keys."""
    table = Table(*rows[0], title=name)
    for row in rows:
        table.add_row(*(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row.values()))
    console.print(table)
    out.mkdir(parents=True, exist_ok=True)
    machine = {"processor": describe_machine(), "python": platform.python_version()}
    (out / f"{name}.json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    app()
