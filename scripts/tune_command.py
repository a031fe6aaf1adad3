"""`assay tune`: how this machine runs every model of a profile best, measured, and a profile that says so."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from configs.settings import BatchSettings, Role, Settings, load_settings
from scripts.running_engine import UNTIL_A_START, console, in_the_engine_of, state_dir
from scripts.sample_media import sample_files
from scripts.tune_machine import Others, describe_machine, describe_noise, usable_cores
from scripts.tune_mix import Mix, gains_in_the_mix, why_no_mix
from scripts.tune_plot import verdict, write_page
from scripts.tune_profile import figures, profile_path, tuned_profile
from scripts.tune_search import Effort, Search, Tuned
from scripts.tune_worker import WorkerFailed
from scripts.user_errors import UserError, require_folder
from serve.errors import EngineUnavailable
from serve.samples import Samples, samples_of

SECONDS, QUICK_SECONDS = 4.0, 1.0
COLUMNS = (
    SpinnerColumn(),
    TextColumn("{task.description}", markup=False),
    BarColumn(),
    MofNCompleteColumn(),
    TimeElapsedColumn(),
)


def tune(
    profile: Annotated[str, typer.Option(help="Profile name or the path of a .yaml file.")] = "embedded",
    latency_ms: Annotated[float, typer.Option(min=1, help="Bound on p95 of one item of a model, batches full.")] = 5000,
    media: Annotated[Path | None, typer.Option(help="Folder of your own files; made here when left out.")] = None,
    only: Annotated[str, typer.Option(help="Roles to measure, with commas between; all when left out.")] = "",
    quick: Annotated[bool, typer.Option("--quick", help="Fewer ways, shorter measurements.")] = False,
    out: Annotated[Path, typer.Option(help="The profile to write; its plots go beside it, as .html.")] = Path(
        "tuned.yaml"
    ),
    mix: Annotated[
        bool,
        typer.Option(
            help="Try what was found in a whole engine too, started for it beside what runs; takes the memory of one."
        ),
    ] = True,
    apply: Annotated[bool, typer.Option("--apply", help="Send the batches to the running stack.")] = False,
    data_dir: Annotated[Path | None, typer.Option(help="State folder of the stack.", show_default=False)] = None,
) -> None:
    """Measure batch size, wait, threads, streams, processes and precision of each model under a latency bound."""
    settings = load_settings(profile, state_dir=state_dir(data_dir))
    roles = _roles(settings, only)
    require_folder(out)
    if out.suffix not in (".yaml", ".yml"):
        raise UserError(f"a profile is a .yaml file, not {out.name}")
    if apply:
        require_engine(settings)
    files = sample_files(media, settings.decode)
    samples = samples_of([file.decoded for file in files])
    effort = Effort(latency_ms, QUICK_SECONDS if quick else SECONDS, quick, usable_cores())
    others = Others()
    tuned, is_complete = measure(settings, roles, samples, effort)
    taken = others.taken()
    if mix and is_complete:
        tuned = measure_mix(settings, tuned, [file.source for file in files], effort)
    heading = describe_run(profile, media, effort, taken)
    source = yaml.safe_load(profile_path(profile).read_text(encoding="utf-8"))
    out.write_text(tuned_profile(source, heading, tuned), encoding="utf-8")
    write_page(f"Tuning of the profile {settings.profile}", heading, tuned, latency_ms, out.with_suffix(".html"))
    load_settings(out)  # what was written is what can be read
    console.print(summary(tuned))
    for line in describe_noise(taken):
        console.print(line)
    console.print(f"profile: {out}   plots: {out.with_suffix('.html')}")
    if apply:
        found = {each.role: each.chosen.way.model.batch for each in tuned if each.chosen != each.shipped}
        send(settings, found, out)


def measure(settings: Settings, roles: list[Role], samples: Samples, effort: Effort) -> tuple[list[Tuned], bool]:
    """Each model by itself, one after the other.

    One whose own way does not run here, or that there is no sample for, is left out.

    Returns:
        Those that were measured, and whether all were asked: Ctrl-C leaves out the rest.

    Raises:
        UserError: none could be measured.
    """
    with Progress(*COLUMNS, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(roles))
        tuned: list[Tuned] = []
        is_complete = True
        for role in roles:
            if not samples[role]:
                progress.console.print(f"{role}: not measured, and left as it is: no sample for it in the media")
                continue
            search = Search(role, settings, samples[role], effort)
            try:
                tuned.append(search.run(partial(_show, progress, task, role)))
                progress.console.print(f"{role}: {verdict(tuned[-1])}")
            except (WorkerFailed, ValueError) as error:
                progress.console.print(f"{role}: not measured, and left as it is: {error}")
            except KeyboardInterrupt:
                progress.console.print(f"stopped at {role}; what is not measured is left as it is")
                is_complete = False
                break
            progress.advance(task)
    if not tuned:
        raise UserError("no model could be measured")
    return tuned, is_complete


def measure_mix(
    settings: Settings, tuned: Sequence[Tuned], sources: Sequence[Path | bytes], effort: Effort
) -> list[Tuned]:
    """What was found for each model, in the whole engine; one that slows it is not chosen.

    Where no engine can be started for it, what was found by itself stands.
    """
    ways = {each.role: each.best.way for each in tuned if each.best != each.shipped}
    if not ways:
        return list(tuned)
    if (reason := why_no_mix()) is not None:
        console.print(f"the whole engine was not measured: {reason}", soft_wrap=True)
        return list(tuned)
    with Progress(*COLUMNS[:2], TimeElapsedColumn(), console=console, transient=True) as progress:
        task = progress.add_task("")
        show = partial(_show, progress, task, "the whole engine")
        try:
            gains = gains_in_the_mix(Mix(settings, ways, sources, effort), show)
        except (EngineUnavailable, KeyboardInterrupt) as error:
            console.print(f"the whole engine was not measured: {str(error) or 'stopped'}")
            return list(tuned)
    measured = [replace(each, gain_in_the_mix=gains.get(each.role)) for each in tuned]
    for each in measured:
        if each.role in gains:
            console.print(f"{each.role}: {verdict(each)}")
    return measured


def _show(progress: Progress, task: TaskID, what: str, step: str) -> None:
    progress.update(task, description=f"{what}: {step}")


def describe_run(profile: str, media: Path | None, effort: Effort, taken: float) -> list[str]:
    """On what, with what and under which bound it was measured."""
    return [
        f"Written by assay tune from the profile {profile}: {describe_machine()}.",
        f"Media: {media or 'made by the command'}. Bound: p95 of an item {effort.latency_ms:g} ms, batches full.",
        "The figures are of a model by itself on the whole machine; MB is its process.",
        *describe_noise(taken),
    ]


def summary(tuned: list[Tuned]) -> Table:
    """The profile's own way against the best found, in one run."""
    table = Table("model", "as shipped", "best found", "gain", "in the whole engine", "by", "chosen")
    for each in tuned:
        found = each.best != each.shipped
        way = each.best.way.describe() if found else "as shipped"
        mixed = "" if each.gain_in_the_mix is None else f"{each.gain_in_the_mix:.2f}"
        chosen = "as found" if found and each.chosen == each.best else "as shipped"
        table.add_row(each.role, figures(each.shipped), figures(each.best), f"{each.gain:.2f}", mixed, way, chosen)
    return table


def require_engine(settings: Settings) -> None:
    """Before anything is measured for it.

    Raises:
        EngineUnavailable: none runs.
    """

    async def look() -> None:
        from serve.live import current

        await asyncio.to_thread(current)

    in_the_engine_of(settings, look())


def send(settings: Settings, batches: dict[Role, BatchSettings], profile: Path) -> None:
    """Make them those of the running stack.

    Raises:
        EngineUnavailable: none runs.
        UserError: some ask for more than batches; `profile` has it. The others are in force.
    """
    if not batches:
        console.print("in force already: nothing better was found")
        return

    async def change() -> tuple[dict[Role, BatchSettings], dict[Role, str]]:
        from serve.batch_changes import parted
        from serve.changes import change_batches
        from serve.live import current

        live = await asyncio.to_thread(current)
        taken, refused = parted(live.settings, batches)
        if taken:
            await change_batches(taken)
        return taken, refused

    try:
        taken, refused = in_the_engine_of(settings, change())
    except ValueError as error:  # the profile was changed meanwhile
        raise UserError(f"not in force: {error}") from error
    if taken:
        console.print(f"in force: the batches of {', '.join(taken)}, {UNTIL_A_START}", soft_wrap=True)
    if refused:
        reasons = "; ".join(f"{role}: {reason}" for role, reason in refused.items())
        raise UserError(f"not in force: {reasons}. assay reload --profile {profile} takes all of it")


def _roles(settings: Settings, only: str) -> list[Role]:
    wanted = only.split(",") if only else list(settings.models)
    unknown = [name for name in wanted if name not in settings.models]
    if unknown:
        raise UserError(f"no model {', '.join(unknown)}; there are {', '.join(sorted(settings.models))}")
    return [role for role in settings.models if role in wanted]
