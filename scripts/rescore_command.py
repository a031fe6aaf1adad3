"""`assay rescore`: what would stored submissions have under another rubric, or under the weights of today?"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.ext.asyncio import AsyncSession

from api.db import Database
from api.errors import ApiError
from api.rubrics.originals import Originals
from api.rubrics.queries import active_in, find_stored, rubric_of
from api.rubrics.rescoring import (
    Change,
    Looks,
    Outcome,
    add_counts,
    apply_page,
    begin,
    disputed_of,
    find_changes,
    stored_evidence,
)
from api.rubrics.scope import Scope
from api.rubrics.service import store_rubric
from api.secrets import load_cipher
from api.storage import create_store
from api.tables import Job, Rescoring, StoredRubric
from configs.settings import Role, Settings
from pipeline.rubric import SHIPPED, Rubric, load_rubric, looks_otherwise
from scripts.database import DataDir, Profile, open_database, operator_settings
from scripts.rubrics import usable
from scripts.tables import stars
from scripts.user_errors import UserError, require_no_flags
from serve.client import Engine, InProcessEngine

ROWS_SHOWN = 50

app = typer.Typer(invoke_without_command=True, help="Score the stored submissions of a job again.")
console = Console(highlight=False, markup=False)
progress = Console(stderr=True, highlight=False, markup=False)

JobId = Annotated[str, typer.Option("--job", help="Id of the job, job_….")]


@dataclass(slots=True)
class _Seen:
    """Outcomes as they come: all are counted, the first ones are kept for the table."""

    as_json: bool
    rows: int
    counts: dict[str, Any] = field(default_factory=dict)
    shown: list[Change] = field(default_factory=list)
    reasons: dict[str, int] = field(default_factory=dict)
    """Why submissions were skipped."""

    def add(self, outcomes: Sequence[Outcome]) -> None:
        self.counts = add_counts(self.counts, outcomes)
        for one in outcomes:
            if not isinstance(one, Change):
                self.reasons[one.reason] = self.reasons.get(one.reason, 0) + 1
                self._print({"submission_id": one.submission_id, "skipped": one.reason})
                continue
            self._print(one.to_json())
            if (one.moved or one.disputed) and len(self.shown) < self.rows:
                self.shown.append(one)

    def _print(self, told: Mapping[str, Any]) -> None:
        if self.as_json:
            print(json.dumps(told, ensure_ascii=False))


@app.callback()
def rescore(
    context: typer.Context,
    job: Annotated[str | None, typer.Option(help="Id of the job, job_….", show_default=False)] = None,
    rubric: Annotated[
        str | None,
        typer.Option(
            help="A version (rub_… or shipped) or a .yaml file; else what scores the job now.", show_default=False
        ),
    ] = None,
    models: Annotated[bool, typer.Option("--models", help="Look at the stored originals again, with models.")] = False,
    weights: Annotated[
        list[str] | None,
        typer.Option(
            help="ROLE=NAME of weights.yaml, in place of the profile's; implies --models.", show_default=False
        ),
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Write the scores; no money moves.")] = False,
    rows: Annotated[int, typer.Option(min=0, help="Changed submissions in the table.")] = ROWS_SHOWN,
    as_json: Annotated[bool, typer.Option("--json", help="Print all submissions and a summary as JSON lines.")] = False,
    profile: Profile = "embedded",
    data_dir: DataDir = None,
) -> None:
    """Show what the submissions of a job would have under another rubric or other weights, and write it if asked to."""
    if context.invoked_subcommand is not None:
        require_no_flags(context)
        return
    if job is None:
        raise UserError("give --job, the job whose submissions are scored again")
    named = context.get_parameter_source("profile")
    if apply and (models or weights) and (named is None or named.name == "DEFAULT"):
        raise UserError("name the profile whose models are to write scores with --profile")
    settings = _with_weights(operator_settings(profile, data_dir), weights or [])
    seen = _Seen(as_json, rows)
    chosen, run = asyncio.run(_rescore(settings, job, rubric, models or bool(weights), apply, seen))
    if as_json:
        summary = {"rubric": chosen.version, "digest": chosen.digest, "applied": apply, **seen.counts}
        print(json.dumps({"summary": summary | {"rescoring": run.id if run else None}}, ensure_ascii=False))
        return
    _show(seen, chosen, job, run)


async def _rescore(
    settings: Settings, job_id: str, name: str | None, models: bool, apply: bool, seen: _Seen
) -> tuple[Rubric, Rescoring | None]:
    async with open_database(settings) as db:
        async with db.read() as session:
            job = await _find_job(session, job_id)
            rubric = await _choose(session, settings, job, name)
        _require_same_looks(rubric, settings)
        async with _looking(settings, models) as (look, digests):
            if apply:
                return await _apply(db, job, rubric, look, digests, seen, settings)
            with progress.status("scoring"):
                async for outcome in find_changes(db, job, rubric, look):
                    seen.add([outcome])
            return rubric, None


async def _apply(
    db: Database, job: Job, rubric: Rubric, look: Looks, digests: Mapping[str, str], seen: _Seen, settings: Settings
) -> tuple[Rubric, Rescoring]:
    """Page by page, each in a transaction of its own, so that an interruption costs one page."""
    async with db.write() as session:
        run = await begin(session, job, rubric, digests)
        if run.rubric_version != rubric.version:  # the version that an interrupted one had stored
            rubric = await _version(session, settings, run.rubric_version)
        elif _is_file(rubric.version):
            rubric = rubric_of(await _keep_file(session, job, rubric, settings))
            run.rubric_version = rubric.version
        await session.flush()
    seen.counts = dict(run.counts)
    if run.cursor:
        progress.print(
            f"goes on with {run.id} of {run.created_at:%Y-%m-%d %H:%M}, {run.counts.get('files', 0)} files done; those "
            "before its place that were decided since are not looked at",
            soft_wrap=True,
        )
    with progress.status("writing") as status:
        while (outcomes := await apply_page(db, run.id, rubric, look)) is not None:
            seen.add(outcomes)
            status.update(f"writing: {seen.counts['files']} done")
    async with db.read() as session:
        return rubric, await session.get_one(Rescoring, run.id)


async def _keep_file(session: AsyncSession, job: Job, rubric: Rubric, settings: Settings) -> StoredRubric:
    """A score names its version, so the rubric of a file becomes one. It is not activated."""
    stored = store_rubric(
        session,
        rubric,
        scope=Scope(job.organization_id, job.content_type),
        parent=load_rubric(settings.rubric),
        origin="file",
        actor="operator",
    )
    await session.flush()
    return stored


@app.command()
def disputed(job: JobId, profile: Profile = "embedded", data_dir: DataDir = None) -> None:
    """Submissions of a job that their newest stars would have decided otherwise; a review settles each."""
    count = asyncio.run(_list_disputed(operator_settings(profile, data_dir), job))
    console.print(f"{count} to decide by POST /v1/submissions/ID/review" if count else "nothing is disputed")


async def _list_disputed(settings: Settings, job_id: str) -> int:
    """Printed a page at a time; how many there are."""
    count, after = 0, ""
    async with open_database(settings) as db:
        async with db.read() as session:
            await _find_job(session, job_id)
        while True:
            async with db.read() as session:
                rows = await disputed_of(session, job_id, after)
            if not rows:
                return count
            for row in rows:
                told = f"{row.id}  {row.status}, {row.paid_credits} credits paid, {row.score} stars now"
                console.print(f"{told} (by {row.disputed_by})", soft_wrap=True)
            count, after = count + len(rows), rows[-1].id


async def _find_job(session: AsyncSession, job_id: str) -> Job:
    job = await session.get(Job, job_id)
    if job is None:
        raise UserError(f"there is no job {job_id}")
    return job


async def _choose(session: AsyncSession, settings: Settings, job: Job, name: str | None) -> Rubric:
    """The rubric that was named, or the one that scores the job now."""
    if name is None:
        active = await active_in(session, Scope(job.organization_id, job.content_type))
        return usable(active) if active is not None else load_rubric(settings.rubric)
    if _is_file(name):
        return _read(Path(name), load_rubric(settings.rubric))
    return await _version(session, settings, name, job)


async def _version(session: AsyncSession, settings: Settings, name: str, job: Job | None = None) -> Rubric:
    if name == SHIPPED:
        return load_rubric(settings.rubric)
    try:
        stored = await find_stored(session, name)
    except ApiError as error:
        raise UserError(error.message) from error
    if job is not None and stored.organization_id not in (None, job.organization_id):
        raise UserError(f"{name} is for another organization than that of {job.id}")
    return usable(stored)


def _is_file(name: str) -> bool:
    return name.endswith((".yaml", ".yml"))


def _read(path: Path, shipped: Rubric) -> Rubric:
    """Called like its file, whatever it says, until it is stored; the shipped one if it has the same numbers."""
    try:
        read = load_rubric(path).model_copy(update={"version": path.name})
        return shipped if read.digest == shipped.digest else read
    except FileNotFoundError as error:
        raise UserError(f"there is no file {path}") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    except ValidationError as error:
        raise UserError(f"{path} is no rubric: {str(error).splitlines()[0]}") from error


def _require_same_looks(rubric: Rubric, settings: Settings) -> None:
    """Models look at files under the shipped rubric, with or without this command."""
    differing = looks_otherwise(load_rubric(settings.rubric), rubric)
    if differing:
        raise UserError(
            f"this rubric takes evidence otherwise than {settings.rubric} ({', '.join(differing)}); "
            "only an engine with these settings can score by it"
        )


def _with_weights(settings: Settings, chosen: Sequence[str]) -> Settings:
    """The settings with other weights for some roles."""
    models = dict(settings.models)
    for one in chosen:
        role, _, name = one.partition("=")
        if role not in models or not name:
            raise UserError(f"--weights takes ROLE=NAME with one of {', '.join(sorted(models))}, not {one}")
        known: Role = next(known for known in models if known == role)
        models[known] = models[known].model_copy(update={"weights": name})
    return settings.model_copy(update={"models": models})


@asynccontextmanager
async def _looking(settings: Settings, models: bool) -> AsyncIterator[tuple[Looks, Mapping[str, str]]]:
    """Where evidence comes from, with the digests of the weights that give it."""
    if not models:
        yield stored_evidence, {}
        return
    engine: Engine = InProcessEngine(settings)
    store = create_store(settings, load_cipher(settings).signing_key)
    with progress.status("starting the engine") as status:
        await engine.start(on_progress=lambda step: status.update(step))
    try:
        await store.start()
        identities = await engine.identities()
        yield Originals(store, engine), {role: identity.weights_digest for role, identity in identities.items()}
    finally:
        await engine.close()
        await store.close()


def _show(seen: _Seen, rubric: Rubric, job_id: str, run: Rescoring | None) -> None:
    counts = seen.counts or add_counts({}, [])
    console.print(f"{job_id} by {rubric.version} ({rubric.digest[:12]})", soft_wrap=True)
    if seen.shown:
        console.print(_changes(seen.shown))
    if counts["moved"] > len(seen.shown):
        console.print(f"and {counts['moved'] - len(seen.shown)} more that change")
    console.print(_matrix(counts["stars"]))
    for moved, count in sorted(counts["statuses"].items()):
        before, after = moved.split("→")
        if before != after:
            console.print(f"{count} {before} would be {after}")
    for reason, count in seen.reasons.items():
        console.print(f"{count} skipped: {reason}", soft_wrap=True)
    disputed_told = f"{counts['disputed']} disputed"
    if run is None:
        told = f"{counts['files']} submissions, {counts['moved']} change, {disputed_told}; nothing was written"
    else:
        told = f"{run.id}: {counts['files']} submissions, {counts['moved']} changed, {disputed_told}; no money moved"
    console.print(told, soft_wrap=True)
    if run is not None and counts["disputed"]:
        console.print(f"`assay rescore disputed --job {job_id}` lists what waits for a person", soft_wrap=True)


def _changes(shown: Sequence[Change]) -> Table:
    table = Table("submission", "before", "after", "status", "would be", "reasons before", "reasons after", "")
    for one in shown:
        table.add_row(
            one.submission_id,
            stars(one.stars_before),
            stars(one.stars_after),
            one.status,
            one.would_be,
            "\n".join(one.reasons_before),
            "\n".join(one.reasons_after),
            Text("disputed", style="yellow") if one.disputed else Text("reviewed" if one.reviewed else ""),
        )
    return table


def _matrix(counted: Mapping[str, int]) -> Table:
    table = Table("stars", *(f"→ {after}" for after in range(1, 6)), title="submissions, before → after")
    for before in range(1, 6):
        table.add_row(str(before), *(str(counted.get(f"{before}→{after}", 0)) for after in range(1, 6)))
    return table
