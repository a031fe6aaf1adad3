"""`assay canary`: a candidate on a share of the traffic, and a report, before anybody takes it."""

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from rich.table import Table

from configs.settings import ModelSettings, Role, Settings, load_settings
from scripts.running_engine import console, in_the_engine_of, state_dir, steps
from scripts.user_errors import UserError

if TYPE_CHECKING:
    from serve.canary import CanaryReport

APPROVED_FROM_STARS = 3
"""What most jobs ask for; the report counts candidates' scores on the other side of it."""
MIN_COMPARED = 10
REASONS_SHOWN = 3
"""Why the candidate failed."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is tried, as the operator put it."""

    role: Role
    base: ModelSettings | None
    """From a profile; the changes are made to what serves now when there is none."""
    changes: dict[str, str]
    registry: Path | None = None
    """Of the profile, where weights are declared; that of the running engine when there is none."""

    def choose(self, serving: ModelSettings) -> ModelSettings:
        return ModelSettings.model_validate({**dict(self.base or serving), **self.changes})


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much is tried, and what is asked of it."""

    share: float
    submissions: int
    timeout_seconds: float
    promote: bool
    min_agreement: float


def canary(
    model: Annotated[str, typer.Option(help="detector, safety, concepts, text, speech or audio_quality.")],
    weights: Annotated[str | None, typer.Option(help="Name in weights.yaml.", show_default=False)] = None,
    backend: Annotated[str | None, typer.Option(help="Another implementation.", show_default=False)] = None,
    precision: Annotated[str | None, typer.Option(help="f32, bf16, f16 or int8.", show_default=False)] = None,
    profile: Annotated[str | None, typer.Option(help="Profile that names the candidate.", show_default=False)] = None,
    share: Annotated[float, typer.Option(min=0.001, max=1.0, help="Of the submissions.")] = 0.1,
    submissions: Annotated[
        int, typer.Option("--for", min=1, help="Submissions to score twice, of those that ask the model.")
    ] = 50,
    timeout: Annotated[float, typer.Option(help="Seconds after which the trial ends as it stands.")] = 3600.0,
    promote: Annotated[bool, typer.Option("--promote", help="Take the candidate if it did well.")] = False,
    min_agreement: Annotated[float, typer.Option(min=0.0, max=1.0, help="What --promote asks for.")] = 0.9,
    media: Annotated[Path | None, typer.Option(help="Folder of samples to check it on first; else made here.")] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="State folder of the running stack.", show_default=False)
    ] = None,
) -> None:
    """Score a share of the submissions on a candidate too. Its answers decide nothing.

    Exits 1 when --promote is asked for and the candidate is not taken.
    """
    settings = load_settings(profile or "embedded", state_dir=state_dir(data_dir))
    known: tuple[Role, ...] = get_args(Role) if profile is None else tuple(settings.models)
    role = next((one for one in known if one == model), None)
    if role is None:
        raise UserError(f"no model {model!r}; there are {', '.join(sorted(known))}")
    changes = {"weights": weights, "backend": backend, "precision": precision}
    given = {name: value for name, value in changes.items() if value is not None}
    if not given and profile is None:
        raise UserError("name what is tried: --weights, --backend, --precision or --profile")
    from_profile = profile is not None
    base, registry = (settings.models[role], settings.weights) if from_profile else (None, None)
    wish = Wish(role, base, given, registry)
    bounds = Bounds(share, submissions, timeout, promote, min_agreement)
    report = in_the_engine_of(settings, _run(settings, wish, bounds, media))
    console.print(report_table(report))
    for reason, count in Counter(one.error for one in report.compared if one.error).most_common(REASONS_SHOWN):
        console.print(f"the candidate failed on {count}: {reason}", soft_wrap=True)
    console.print(verdict(report, bounds), soft_wrap=True)
    raise typer.Exit(1 if bounds.promote and not did_well(report, bounds) else 0)


async def _run(settings: Settings, wish: Wish, bounds: Bounds, media: Path | None) -> "CanaryReport":
    from scripts.sample_media import sample_media
    from serve.canary import Plan, run_canary
    from serve.samples import samples_of

    with steps("reading the samples") as status:
        return await run_canary(
            Plan(wish.role, bounds.share, bounds.submissions, bounds.timeout_seconds, wish.registry),
            wish.choose,
            samples_of(sample_media(media, settings.decode)),
            on_progress=lambda step: status.update(step),
            on_compared=lambda count: status.update(f"scored on both: {count} of {bounds.submissions} submissions"),
            promotes=lambda report: bounds.promote and did_well(report, bounds),
        )


def did_well(report: "CanaryReport", bounds: Bounds) -> bool:
    """Whether the candidate answered as many submissions as were asked for, and agreed where there was something."""
    agreed = [one.agreement for one in report.compared if one.agreement is not None]
    answered = sum(one.error is None for one in report.compared)
    is_enough = answered >= bounds.submissions and len(agreed) >= needed(bounds)
    return is_enough and fmean(agreed) >= bounds.min_agreement


def needed(bounds: Bounds) -> int:
    """On how many submissions one of the two must have found something: two blank pages agree about nothing."""
    return max(1, min(MIN_COMPARED, math.ceil(bounds.submissions / 2)))


def report_table(report: "CanaryReport") -> Table:
    """Agreement, score shift and speed."""
    now, new, compared = report.identity, report.candidate, report.compared
    table = Table("", f"{now.name} {now.precision}", f"{new.name} {new.precision}")
    agreed = [one.agreement for one in compared if one.agreement is not None]
    moved = sum(one.stars != one.candidate_stars for one in compared)
    sides = sum((one.stars < APPROVED_FROM_STARS) != (one.candidate_stars < APPROVED_FROM_STARS) for one in compared)
    table.add_row("submissions scored on both", "", str(len(compared)))
    table.add_row("of them with something to compare", "", str(len(agreed)))
    table.add_row("the candidate failed on", "", str(sum(one.error is not None for one in compared)))
    table.add_row("agreement of the outputs", "", f"{fmean(agreed):.3f}" if agreed else "-")
    table.add_row("shift of the mean score", "", f"{fmean([one.shift for one in compared] or [0.0]):+.3f}")
    table.add_row("other stars", "", str(moved))
    table.add_row(f"other side of {APPROVED_FROM_STARS} stars", "", str(sides))
    waits = [(one.seconds, one.candidate_seconds) for one in compared if one.seconds and one.candidate_seconds]
    if waits:
        table.add_row(
            "ms an item, as the scorer waits", *(f"{fmean(each) * 1000:.1f}" for each in zip(*waits, strict=True))
        )
    runs = (report.run_seconds, report.candidate_run_seconds)
    table.add_row("ms an item, inside the model", *(f"{each * 1000:.1f}" if each else "-" for each in runs))
    return table


def verdict(report: "CanaryReport", bounds: Bounds) -> str:
    """What happens to the candidate."""
    if not bounds.promote:
        return "ended; to take it, put it into the profile and run assay reload, or run this with --promote"
    if did_well(report, bounds):
        return "promoted: it serves now. Put it into the profile, or the next reload or assay up takes it back."
    asked = f"{bounds.min_agreement:.2f} agreement on {bounds.submissions} submissions without a failure"
    return f"not promoted: {asked} was asked for, {needed(bounds)} of them with something to compare"
