"""`assay weights`: what is declared, whether it is there and whole, and how to get it."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from configs.settings import Settings, load_settings
from models.pins import write_pins
from models.weights import (
    Declaration,
    HubSource,
    PathSource,
    Registry,
    WeightsError,
    WeightsMissing,
    locate,
    sha256_of,
)
from scripts.user_errors import UserError

app = typer.Typer(no_args_is_help=True, help="List, verify and fetch the weights.")
console = Console(markup=False)
Profile = Annotated[str, typer.Option(help="Profile name or the path of a .yaml file, with its own registry or ours.")]
Names = Annotated[list[str] | None, typer.Argument(help="Entries of weights.yaml; all when left out.")]


def registry(settings: Settings) -> Registry:
    return Registry.load(settings.weights, settings.data_dir)


@app.command("list")
def list_weights(profile: Profile = "embedded") -> None:
    """Every declared entry, with its licence and whether it can be used here."""
    declared = registry(load_settings(profile))
    table = Table("name", "family", "version", "licence", "state")
    for name in declared.names():
        entry = declared.declaration(name)
        table.add_row(name, entry.family, entry.version, entry.licence, state(declared, name))
    console.print(table)


@app.command()
def verify(names: Names = None, profile: Profile = "embedded") -> None:
    """Compare files with their pinned SHA-256. Exits 1 when one is missing or differs."""
    declared = registry(load_settings(profile))
    states = {name: state(declared, name) for name in names or declared.names()}
    for name, found in states.items():
        console.print(f"{name}: {found}", soft_wrap=True)
    raise typer.Exit(0 if all(found == "verified" for found in states.values()) else 1)


@app.command()
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(help="Entries of weights.yaml; those with files not pinned when left out.")
    ] = None,
    pin: Annotated[bool, typer.Option("--pin", help="Write the digests into weights.yaml.")] = False,
    profile: Profile = "embedded",
) -> None:
    """Download from the hub (or HF_ENDPOINT) what no folder has, and print or pin the digests.

    A digest that differs from the pinned one is refused, unless `--pin` names its entry. The only command that uses
    the network.
    """
    from configs.no_egress import allow_hub

    allow_hub()
    settings = load_settings(profile)
    declared = registry(settings)
    for name in names or _unpinned(declared):
        digests = _fetch(name, declared.declaration(name))
        if not (pin and names):
            _refuse_changes(name, declared.declaration(name), digests)
        if pin:
            _pin(settings.weights, name, digests)
        console.print(f"{name}: {'pinned in' if pin else 'the digests to pin in'} {settings.weights}", soft_wrap=True)
        for file, digest in digests.items():
            console.print(f"    {file}: {digest}", soft_wrap=True)


@app.command()
def copy(
    names: Annotated[list[str], typer.Argument(help="Entries of weights.yaml.")],
    to: Annotated[Path, typer.Option(help="Folder that gets one of each entry, to be mounted at /weights.")],
    profile: Profile = "embedded",
) -> None:
    """Copy verified files to where an image finds them, which has no hub and no cache."""
    declared = registry(load_settings(profile))
    for name in names:
        weights = declared.open(name)
        for file in declared.declaration(name).files:
            target = to / name / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(weights.path(file), target)
        console.print(f"{name}: {to / name}", soft_wrap=True)


def _unpinned(declared: Registry) -> list[str]:
    return [name for name in declared.names() if None in declared.declaration(name).files.values()]


def _refuse_changes(name: str, entry: Declaration, digests: Mapping[str, str]) -> None:
    for file, digest in digests.items():
        pinned = entry.files[file]
        if pinned not in (None, digest):
            raise UserError(
                f"{name}/{file}: SHA-256 is {digest}, but {pinned} is pinned; "
                f"if the new file is wanted, run assay weights fetch --pin {name}"
            )


def _pin(path: Path, name: str, digests: Mapping[str, str]) -> None:
    try:
        write_pins(path, {name: digests})
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}); set ASSAY_WEIGHTS to a copy that can") from error


def _fetch(name: str, entry: Declaration) -> dict[str, str]:
    """SHA-256 of every file: of the first folder that has them all, else as the hub has them."""
    folders = [source for source in entry.sources if isinstance(source, PathSource)]
    hubs = [source for source in entry.sources if isinstance(source, HubSource)]
    if not folders and not hubs:
        raise UserError(f"{name} has no folder and no hub among its sources; it comes from {entry.sources[0]}")
    try:
        found = locate(name, entry.model_copy(update={"sources": tuple(folders)}))
    except WeightsMissing as missing:
        if not hubs:
            raise UserError(str(missing)) from missing
        return {file: sha256_of(_downloaded(hubs[0], file)) for file in entry.files}
    return {file: sha256_of(path) for file, (path,) in found.items()}


def _downloaded(source: HubSource, file: str) -> Path:
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(source.hub, file, revision=source.revision))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise UserError(f"{source.hub}/{file} could not be fetched: {str(error).splitlines()[0]}") from error


def state(declared: Registry, name: str) -> str:
    """`verified`, or why not."""
    try:
        declared.open(name)
    except WeightsError as error:
        return str(error)
    return "verified"
