"""`assay score`: files or a manifest in, scores and annotations out."""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from configs.settings import Settings, load_settings
from pipeline.brief import JobBrief, Requirements
from pipeline.media import ContentType
from pipeline.result import EarlierFile, ScoreRequest, ScoreResult
from scripts.user_errors import UserError, require_folder
from serve.client import Engine, InProcessEngine, RayEngine

IN_FLIGHT = 8
"""Groups scored at once: enough to fill the batches of every model on two cores."""

MOST_NAMED = 3
"""Files that are missing, by name; the others are counted."""

RESULT_START = b'{"id": '
"""Of every line of results."""

console = Console(stderr=True, markup=False)
"""Progress and tables go to stderr, so that `--json` can be piped."""


class EngineChoice(StrEnum):
    """Where the models run."""

    process = "process"
    """In this process: starts fastest."""
    ray = "ray"
    """On Ray Serve, as in production."""


class ManifestLine(BaseModel):
    """One case of a manifest. `expect` is the measuring script's business and is not read."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    path: Path
    content_type: ContentType
    description: str
    group: str = ""
    requirements: Requirements = Requirements()


@dataclass(frozen=True, slots=True)
class Job:
    """Files that are scored in order and compared with one another."""

    lines: tuple[ManifestLine, ...]


def score_files(
    files: Annotated[list[Path] | None, typer.Argument(help="Files to score.", show_default=False)] = None,
    description: Annotated[str | None, typer.Option(help="What the files should show.")] = None,
    content_type: Annotated[str | None, typer.Option(help="image, audio or video; any when left out.")] = None,
    requirements: Annotated[str | None, typer.Option(help="Requirements of the job, as a JSON object.")] = None,
    manifest: Annotated[Path | None, typer.Option(help="Score the cases of a manifest instead.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the manifest's results go, one JSON line each.")] = None,
    report: Annotated[Path | None, typer.Option(help="Also write an HTML report.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print results as JSON lines.")] = False,
    profile: Annotated[str, typer.Option(help="Profile name or the path of a .yaml file.")] = "embedded",
    engine: Annotated[EngineChoice, typer.Option(help="Where the models run.")] = EngineChoice.process,
) -> None:
    """Score files against a description, or all cases of a manifest."""
    settings = load_settings(profile)
    if manifest is not None:
        if out is None:
            raise UserError("--manifest needs --out, the file that the results are written to")
        of_files = {
            "files": files,
            "--description": description,
            "--content-type": content_type,
            "--requirements": requirements,
            "--report": report,
            "--json": as_json,
        }
        _expect_none(of_files, "do not go with --manifest, whose lines say what is scored and --out where that goes")
        asyncio.run(_score_manifest(_open(engine, settings), manifest, out))
        return
    _expect_none({"--out": out}, "goes with --manifest only; --json prints the results, --report writes a page")
    if not files or description is None:
        raise UserError("give files and --description, or --manifest and --out; see assay score --help")
    brief = _brief(description, content_type, requirements)
    _expect_files(files)
    require_folder(report)
    asyncio.run(_score_each(_open(engine, settings), files, brief, as_json, report))


def _open(choice: EngineChoice, settings: Settings) -> Engine:
    return RayEngine(settings) if choice is EngineChoice.ray else InProcessEngine(settings)


def _expect_none(options: Mapping[str, object], why: str) -> None:
    given = [name for name, value in options.items() if value]
    if given:
        raise UserError(f"{', '.join(given)} {why}")


def _brief(description: str, content_type: str | None, requirements: str | None) -> JobBrief:
    values: dict[str, Any] = {"description": description, "content_type": content_type}
    try:
        if requirements is not None:
            values["requirements"] = json.loads(requirements)
        return JobBrief.model_validate(values)
    except json.JSONDecodeError as error:
        raise UserError(f"--requirements is not JSON: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        raise UserError(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _expect_files(paths: Sequence[Path]) -> None:
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        more = f" and {len(missing) - MOST_NAMED:,} more" if len(missing) > MOST_NAMED else ""
        raise UserError(f"no such file: {', '.join(missing[:MOST_NAMED])}{more}")


async def _score_each(engine: Engine, files: list[Path], brief: JobBrief, as_json: bool, report: Path | None) -> None:
    """The files are taken as one job, so copies among them are found."""
    scored: list[tuple[Path, ScoreResult]] = []
    async with _started(engine):
        earlier: tuple[EarlierFile, ...] = ()
        for path in files:
            with console.status(f"scoring {path.name}"):
                result = await engine.score(ScoreRequest(path, brief, earlier))
            earlier += _remember(path.name, result)
            scored.append((path, result))
            if as_json:
                print(json.dumps({"file": str(path)} | result.to_json(), ensure_ascii=False))
    if not as_json:
        from scripts.tables import score_table

        Console(markup=False).print(score_table(scored))
    if report is not None:
        from scripts.report import entry, write_report

        write_report([entry(path, brief.description, result) for path, result in scored], report)
        console.print(f"report: {report}")


async def _score_manifest(engine: Engine, manifest: Path, out: Path) -> None:
    """Score what `out` does not hold yet. Files of a group go in order, groups side by side."""
    lines = _read_manifest(manifest)
    require_folder(out)
    done = _finished(out)
    jobs = _jobs(lines)
    if done >= {line.id for line in lines}:
        console.print(f"all {len(lines)} cases are scored already in {out}")
        return
    unfinished = [job for job in jobs if any(line.id not in done for line in job.lines)]
    _expect_files([line.path for job in unfinished for line in job.lines])
    async with _started(engine):
        with _progress() as progress, out.open("a", encoding="utf-8") as results:
            task = progress.add_task("scoring", total=len(lines))
            places = asyncio.Semaphore(IN_FLIGHT)

            async def run(job: Job) -> None:
                async with places:
                    async for line, result in _score_job(engine, job):
                        if line.id not in done:
                            results.write(json.dumps({"id": line.id} | result.to_json()) + "\n")
                            results.flush()
                        progress.advance(task)

            progress.advance(task, len(lines) - sum(len(job.lines) for job in unfinished))
            async with asyncio.TaskGroup() as group:
                for job in unfinished:
                    group.create_task(run(job))


async def _score_job(engine: Engine, job: Job) -> Any:
    """A group that was interrupted starts anew: its earlier files are what the later ones are compared with."""
    earlier: tuple[EarlierFile, ...] = ()
    for line in job.lines:
        brief = JobBrief(description=line.description, content_type=line.content_type, requirements=line.requirements)
        result = await engine.score(ScoreRequest(line.path, brief, earlier))
        earlier += _remember(line.id, result)
        yield line, result


def _remember(name: str, result: ScoreResult) -> tuple[EarlierFile, ...]:
    return (EarlierFile(name, result.fingerprint),) if result.fingerprint is not None else ()


def _read_manifest(path: Path) -> list[ManifestLine]:
    lines = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            lines.append(ManifestLine.model_validate_json(text))
        except ValidationError as error:
            first = error.errors()[0]
            raise UserError(f"{path}:{number}: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    base = path.parent
    return [_located(line, base) for line in lines]


def _located(line: ManifestLine, base: Path) -> ManifestLine:
    """Paths are looked up from here, as the manifest's writer had them, and then beside the manifest."""
    if line.path.is_file() or not (base / line.path).is_file():
        return line
    return line.model_copy(update={"path": base / line.path})


def _finished(out: Path) -> set[str]:
    """Ids in an earlier result file; a last line that was cut off half way is dropped and scored again.

    Raises:
        UserError: it is another file, which is left as it is.
    """
    if not out.exists():
        return set()
    *whole, cut = out.read_bytes().split(b"\n")
    done = {_result_id(out, number, line) for number, line in enumerate(whole, start=1)}
    if cut:
        if not cut.startswith(RESULT_START[: len(cut)]):
            raise UserError(_no_results(out, len(whole) + 1))
        os.truncate(out, sum(len(line) + 1 for line in whole))
    return done


def _result_id(out: Path, number: int, line: bytes) -> str:
    try:
        return str(json.loads(line)["id"])
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(_no_results(out, number)) from error


def _no_results(out: Path, number: int) -> str:
    return f"{out}:{number}: no result of a manifest's case; --out is a new file, or one of earlier results"


def _jobs(lines: list[ManifestLine]) -> list[Job]:
    groups: dict[str, list[ManifestLine]] = {}
    for line in lines:
        groups.setdefault(line.group or line.id, []).append(line)
    return [Job(tuple(members)) for members in groups.values()]


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )


class _started:  # noqa: N801 - reads as a verb where it is used
    """An engine that runs inside the block, saying what it is doing while it starts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def __aenter__(self) -> Engine:
        with console.status("starting the engine") as status:
            await self._engine.start(on_progress=lambda step: status.update(step))
        return self._engine

    async def __aexit__(self, *_: object) -> None:
        await self._engine.close()
