"""`assay calibrate`: refit the rubric to people's reviews, and say which version scores.

The relevance curve that ships with a release is fitted by `python -m scripts.calibrate` to labelled photos; that is
another thing.
"""

import asyncio
import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.ext.asyncio import AsyncSession

from api.clock import iso
from api.db import Database
from api.errors import ApiError
from api.rubrics.labels import Labels, labels_of
from api.rubrics.queries import activations_of, active_in, active_versions, all_stored, find_stored
from api.rubrics.scope import Scope
from api.rubrics.service import activate, deactivate, store_rubric
from api.rubrics.shadow import Shadow, shadow
from api.tables import Organization, StoredRubric
from configs.settings import Settings
from pipeline.calibration import Refit, refit
from pipeline.rubric import SHIPPED, Rubric, load_rubric
from scripts.database import DataDir, Profile, open_database, operator_settings
from scripts.rubrics import usable
from scripts.user_errors import UserError, require_folder, require_no_flags

SHADOWED = 2000
"""Newest stored submissions on which a refit is tried; 0.2 ms each."""

app = typer.Typer(invoke_without_command=True, help="Refit the rubric to people's reviews, and choose its version.")
console = Console(highlight=False, markup=False)


class JobType(StrEnum):
    """Content types of jobs."""

    image = "image"
    audio = "audio"
    video = "video"


OrganizationId = Annotated[str | None, typer.Option("--organization", help="Id of one, org_…; all when left out.")]
ContentType = Annotated[JobType | None, typer.Option("--job-type", help="All when left out.", show_default=False)]
MAX_REASON = 500


def _short_enough(reason: str) -> str:
    if len(reason) > MAX_REASON:
        raise typer.BadParameter(f"a reason has at most {MAX_REASON} characters")
    return reason


Reason = Annotated[str, typer.Option(help="Kept beside it.", show_default=False, callback=_short_enough)]
Version = Annotated[str, typer.Argument(help="Id of a stored rubric, rub_….")]


@app.callback()
def calibrate(
    context: typer.Context,
    organization: OrganizationId = None,
    job_type: ContentType = None,
    out: Annotated[Path | None, typer.Option(help="Write the refitted rubric to a file.", show_default=False)] = None,
    store: Annotated[bool, typer.Option("--store", help="Keep it as a version, which scores nothing yet.")] = False,
    activated: Annotated[bool, typer.Option("--activate", help="Keep it, and score by it from now on.")] = False,
    report: Annotated[Path | None, typer.Option(help="Also write an HTML report.", show_default=False)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
    profile: Profile = "embedded",
    data_dir: DataDir = None,
) -> None:
    """Refit the rubric to the reviews of an organization or a job type.

    Exits 1 when --out, --store or --activate is asked for and the labels do not bear it.
    """
    if context.invoked_subcommand is not None:
        require_no_flags(context)
        return
    for path in (out, report):
        require_folder(path)
    settings, scope = operator_settings(profile, data_dir), Scope(organization, job_type and job_type.value)
    wanted = bool(out or store or activated)
    ended = asyncio.run(_calibrate(settings, scope, out, store or activated, activated, report, as_json))
    raise typer.Exit(1 if wanted and not ended else 0)


async def _calibrate(
    settings: Settings, scope: Scope, out: Path | None, store: bool, activated: bool, report: Path | None, as_json: bool
) -> bool:
    """Whether the rubric should change."""
    async with open_database(settings) as db:
        parent, labels = await _start(db, settings, scope)
        found = await asyncio.to_thread(refit, labels.files, parent)
        stored = await shadow(db, scope, found.rubric, parent, SHADOWED) if found.rubric else None
        better = found.verdict == "better" and found.rubric is not None
        version = await _keep(db, scope, found, labels, activated) if store and better else None
    if out is not None and better and found.rubric is not None:
        out.write_text(yaml.safe_dump(found.rubric.model_dump(mode="json"), sort_keys=False), encoding="utf-8")
    if report is not None:
        from scripts.calibration_report import write_calibration_report

        write_calibration_report(report, scope, found, stored)
    if as_json:
        print(json.dumps(_told(scope, found, labels, stored) | {"version": version}))
    else:
        _show(scope, found, labels, stored)
        _say_what_was_written(version, activated, out if better else None, report)
    return better


async def _start(db: Database, settings: Settings, scope: Scope) -> tuple[Rubric, Labels]:
    """The rubric that scores the scope now, and its labels."""
    async with db.snapshot() as session:
        await _require_organization(session, scope)
        active = await active_in(session, scope)
        parent = usable(active) if active is not None else load_rubric(settings.rubric)
        return parent, await labels_of(session, scope)


async def _keep(db: Database, scope: Scope, found: Refit, labels: Labels, activated: bool) -> str:
    assert found.rubric is not None
    async with db.write() as session:
        stored = store_rubric(
            session,
            found.rubric,
            scope=scope,
            parent=found.parent,
            origin="fitted",
            fitted_on=_fitted_on(found, labels),
            actor="operator",
        )
        await session.flush()
        if activated:
            await activate(session, stored.id, actor="operator", reason=found.reason)
        return stored.id


def _fitted_on(found: Refit, labels: Labels) -> dict[str, Any]:
    return {
        "labels": found.labels,
        "approvals": found.approvals,
        "rejections": found.rejections,
        "without_evidence": labels.without_evidence,
        "encoder": found.encoder,
        "reason": found.reason,
        "before": asdict(found.before) if found.before else None,
        "after": asdict(found.after) if found.after else None,
    }


def _told(scope: Scope, found: Refit, labels: Labels, stored: Shadow | None) -> dict[str, Any]:
    from scripts.calibration_report import number_changes

    changes = {name: {"before": before, "after": after} for name, before, after in number_changes(found)}
    return {
        "organization": scope.organization_id,
        "job_type": scope.content_type,
        "verdict": found.verdict,
        "parent": found.parent.version,
        "changes": changes,
        "stored": asdict(stored) if stored else None,
        **_fitted_on(found, labels),
    }


def _show(scope: Scope, found: Refit, labels: Labels, stored: Shadow | None) -> None:
    from scripts.calibration_report import figure_rows, number_changes

    told = found.approvals + found.rejections
    console.print(
        f"{scope}, from {found.parent.version}: {found.labels} labels with evidence, {told} say something about the "
        f"curves ({found.approvals} approvals, {found.rejections} rejections); {labels.without_evidence} have none",
        soft_wrap=True,
    )
    types = sorted({file.evidence.facts.content_type for file in labels.files if file.evidence.facts is not None})
    if scope.content_type is None and types and len(types) < len(JobType):
        console.print(
            f"the labels are of {' and '.join(types)}: without --job-type other files would be scored by them too",
            soft_wrap=True,
        )
    if rows := figure_rows(found):
        table = Table("against people", "as it is", "refitted, held-out")
        for row in rows:
            table.add_row(*row)
        console.print(table)
    for name, before, after in number_changes(found):
        console.print(f"{name}: {before:.4g} → {after:.4g}", soft_wrap=True)
    if stored is not None and stored.files:
        before, after = (count / stored.files for count in (stored.approved_before, stored.approved_after))
        console.print(
            f"of the newest {stored.files} submissions {before:.1%} are approved as it is, {after:.1%} refitted, "
            f"{stored.decisions_changed} are decided otherwise",
            soft_wrap=True,
        )
    console.print(f"{_VERDICTS[found.verdict]}: {found.reason}", soft_wrap=True)


_VERDICTS = {
    "better": "better",
    "no_better": "no better, so the rubric stays",
    "too_few": "too few labels, so the rubric stays",
    "one_sided": "one-sided labels, so the rubric stays",
}


def _say_what_was_written(version: str | None, activated: bool, out: Path | None, report: Path | None) -> None:
    if version is not None and activated:
        console.print(f"stored and active: {version}", soft_wrap=True)
    elif version is not None:
        console.print(f"stored: {version}; it scores from `assay calibrate activate {version}` on", soft_wrap=True)
    for path in (out, report):
        if path is not None:
            console.print(f"written: {path}", soft_wrap=True)


@app.command("list")
def list_versions(profile: Profile = "embedded", data_dir: DataDir = None) -> None:
    """All versions, newest first, and where they are active."""
    rows, active, shipped = asyncio.run(_list(operator_settings(profile, data_dir)))
    table = Table("version", "for", "origin", "from", "agreement", "digest", "made", "active")
    for row in rows:
        scope = Scope(row.organization_id, row.content_type)
        state = _state(row) if active.get(scope) == row.id else ""
        made = iso(row.created_at)[:16]
        parent = _parent(row, shipped)
        table.add_row(row.id, str(scope), row.origin, parent, _agreement(row), row.digest[:12], made, state)
    table.add_row(shipped.version, "all others", "release", "", "", shipped.digest[:12], "", "")
    console.print(table)


@app.command()
def show(version: Version, profile: Profile = "embedded", data_dir: DataDir = None) -> None:
    """One version as JSON: its numbers, what it was fitted on, and when its scope was scored by what."""
    print(json.dumps(asyncio.run(_show_one(operator_settings(profile, data_dir), version)), indent=2))


@app.command("shadow")
def shadow_version(
    version: Version,
    limit: Annotated[int, typer.Option(min=1, help="Newest stored submissions to try it on.")] = SHADOWED,
    profile: Profile = "embedded",
    data_dir: DataDir = None,
) -> None:
    """Try a version on stored submissions, beside what scores them now. Nothing is written."""
    told = asyncio.run(_shadow(operator_settings(profile, data_dir), version, limit))
    table = Table("stars now", *(f"→ {star}" for star in range(1, 6)))
    for before in range(1, 6):
        table.add_row(str(before), *(str(told.stars.get(f"{before}→{after}", 0)) for after in range(1, 6)))
    console.print(table)
    console.print(
        f"{told.files} files: {told.approved_before} approved now, {told.approved_after} by {version}; "
        f"{told.decisions_changed} decided otherwise, {told.skipped} without evidence",
        soft_wrap=True,
    )


@app.command("activate")
def activate_version(
    version: Version, reason: Reason = "", profile: Profile = "embedded", data_dir: DataDir = None
) -> None:
    """Score the jobs of the version's scope by it from now on; an earlier version is brought back the same way."""
    scope = asyncio.run(_activate(operator_settings(profile, data_dir), version, reason))
    console.print(f"{version} scores {scope} from now on; what was decided stays", soft_wrap=True)


@app.command("deactivate")
def deactivate_version(
    organization: OrganizationId = None,
    job_type: ContentType = None,
    reason: Reason = "",
    profile: Profile = "embedded",
    data_dir: DataDir = None,
) -> None:
    """Go back to the version of the next wider scope, or to the shipped rubric."""
    scope = Scope(organization, job_type and job_type.value)
    before = asyncio.run(_deactivate(operator_settings(profile, data_dir), scope, reason))
    console.print(f"{before} does not score {scope} any more; what was decided stays", soft_wrap=True)


def _parent(row: StoredRubric, shipped: Rubric) -> str:
    """What it was made from; the shipped rubric of an earlier release may have had other numbers everywhere."""
    older = row.parent_version == SHIPPED and row.parent_digest != shipped.digest
    return f"{row.parent_version}, of another release" if older else row.parent_version


def _state(row: StoredRubric) -> Text:
    """Of a version that is active in its scope."""
    try:
        usable(row)
    except UserError:
        return Text("active, of another release: shipped scores", style="yellow")
    return Text("active", style="green")


def _agreement(row: StoredRubric) -> str:
    figures = row.fitted_on.get("before"), row.fitted_on.get("after")
    return " → ".join(f"{one['agreement']:.1%}" for one in figures if one)


async def _list(settings: Settings) -> tuple[list[StoredRubric], dict[Scope, str], Rubric]:
    async with open_database(settings) as db, db.read() as session:
        return list(await all_stored(session)), await active_versions(session), load_rubric(settings.rubric)


async def _show_one(settings: Settings, version: str) -> dict[str, Any]:
    async with open_database(settings) as db, db.read() as session:
        stored = await _found(session, version)
        scope = Scope(stored.organization_id, stored.content_type)
        history = [
            {"version": row.rubric_id, "since": iso(row.created_at), "actor": row.actor, "reason": row.reason}
            for row in await activations_of(session, scope)
        ]
    return {
        "version": stored.id,
        "organization": stored.organization_id,
        "job_type": stored.content_type,
        "origin": stored.origin,
        "parent": {"version": stored.parent_version, "digest": stored.parent_digest},
        "digest": stored.digest,
        "created_at": iso(stored.created_at),
        "created_by": stored.created_by,
        "fitted_on": stored.fitted_on,
        "activations": history,
        "rubric": stored.document,
    }


async def _shadow(settings: Settings, version: str, limit: int) -> Shadow:
    async with open_database(settings) as db:
        async with db.read() as session:
            stored = await _found(session, version)
            scope = Scope(stored.organization_id, stored.content_type)
            active = await active_in(session, scope)
        beside = usable(active) if active is not None else load_rubric(settings.rubric)
        return await shadow(db, scope, usable(stored), beside, limit)


async def _activate(settings: Settings, version: str, reason: str) -> Scope:
    async with open_database(settings) as db:
        try:
            async with db.write() as session:
                usable(await _found(session, version))
                return await activate(session, version, actor="operator", reason=reason)
        except ApiError as error:
            raise UserError(error.message) from error


async def _deactivate(settings: Settings, scope: Scope, reason: str) -> str:
    async with open_database(settings) as db:
        try:
            async with db.write() as session:
                return await deactivate(session, scope, actor="operator", reason=reason)
        except ApiError as error:
            raise UserError(error.message) from error


async def _found(session: AsyncSession, version: str) -> StoredRubric:
    try:
        return await find_stored(session, version)
    except ApiError as error:
        raise UserError(error.message) from error


async def _require_organization(session: AsyncSession, scope: Scope) -> None:
    if scope.organization_id and await session.get(Organization, scope.organization_id) is None:
        raise UserError(f"there is no organization {scope.organization_id}")
