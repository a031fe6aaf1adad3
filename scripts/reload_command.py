"""`assay reload`: a running stack becomes that of a changed profile, while it works."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from configs.settings import Role, Settings, load_settings
from scripts.running_engine import UNTIL_A_START, console, in_the_engine_of, state_dir, steps
from scripts.user_errors import UserError

if TYPE_CHECKING:
    from serve.samples import Comparison
    from serve.swapping import Reloaded


DEFAULT = "embedded"


def reload(
    profile: Annotated[
        str | None,
        typer.Option(help="Profile name or the path of a .yaml file; embedded, where that is what runs."),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="State folder of the running stack, as given to assay up.", show_default=False)
    ] = None,
    media: Annotated[
        Path | None, typer.Option(help="Folder of files that new weights are checked on; made here when left out.")
    ] = None,
    min_agreement: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=1.0,
            help="New weights that agree less with the old ones on these files are refused; 0 asks for none.",
        ),
    ] = 0.5,
) -> None:
    """Take the models, batches, replicas and rubric of a profile, without a stop."""
    try:
        settings = load_settings(profile or DEFAULT, state_dir=state_dir(data_dir))
    except FileNotFoundError as error:
        raise UserError(str(error)) from error
    done = in_the_engine_of(settings, _reload(settings, media, min_agreement, is_named=profile is not None))
    tell(done, settings)


async def _reload(settings: Settings, media: Path | None, min_agreement: float, *, is_named: bool) -> "Reloaded":
    from scripts.sample_media import sample_media
    from serve.live import current
    from serve.samples import samples_of
    from serve.swapping import reload as swap

    running = (await asyncio.to_thread(current)).settings.profile
    if not is_named and running != settings.profile:
        raise UserError(f"the profile {running} runs; name the one that it shall become with --profile")
    with steps("reading the samples") as status:
        samples = samples_of(sample_media(media, settings.decode))
        return await swap(settings, samples, lambda step: status.update(step), min_agreement)


def tell(done: "Reloaded", settings: Settings) -> None:
    """What changed."""
    if done.comparisons:
        console.print(comparison_table(done.comparisons))
    for role in done.batches:
        console.print(f"{role}: {describe_batch(role, settings)}")
    if done.others:
        console.print(f"taken as well: {', '.join(done.others)}")
    if done.comparisons or done.batches or done.others:
        console.print(UNTIL_A_START, soft_wrap=True)
    else:
        console.print(
            "the engine is that of the profile already; the rest of it is read when assay up starts", soft_wrap=True
        )


def comparison_table(comparisons: "tuple[Comparison, ...]") -> Table:
    """Candidates beside what they replaced."""
    table = Table("model", "samples", "agreement", "s per sample before", "after")
    for each in comparisons:
        agreement = "not compared" if each.agreement is None else f"{each.agreement:.3f}"
        row = (str(each.items), agreement, f"{each.seconds:.3f}", f"{each.candidate_seconds:.3f}")
        table.add_row(each.role, *row)
    return table


def describe_batch(role: Role, settings: Settings) -> str:
    """The batches of a role in words."""
    batch = settings.models[role].batch
    return (
        f"batches of up to {batch.max_items} items or a cost of {batch.max_cost:g}, "
        f"{batch.wait_seconds * 1000:g} ms wait, {batch.concurrent} at once"
    )
