"""`assay weights`: what is declared, whether it is there and whole, and how to get it."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from configs.settings import Settings, load_settings
from models.weights import HubSource, Registry, WeightsError, sha256_of
from scripts.user_errors import UserError

app = typer.Typer(no_args_is_help=True, help="List, verify and fetch the weights.")
console = Console()
Names = Annotated[list[str] | None, typer.Argument(help="Entries of weights.yaml; all when left out.")]


def registry(settings: Settings) -> Registry:
    return Registry.load(settings.weights, settings.data_dir)


@app.command("list")
def list_weights() -> None:
    """Every declared entry, with its licence and whether it can be used here."""
    declared = registry(load_settings())
    table = Table("name", "family", "version", "licence", "state")
    for name in declared.names():
        entry = declared.declaration(name)
        table.add_row(name, entry.family, entry.version, entry.licence, state(declared, name))
    console.print(table)


@app.command()
def verify(names: Names = None) -> None:
    """Compare files with their pinned SHA-256. Exits 1 when one is missing or differs."""
    declared = registry(load_settings())
    states = {name: state(declared, name) for name in names or declared.names()}
    for name, found in states.items():
        console.print(f"{name}: {found}", soft_wrap=True)
    raise typer.Exit(0 if all(found == "verified" for found in states.values()) else 1)


@app.command()
def fetch(names: Annotated[list[str], typer.Argument(help="Entries of weights.yaml.")]) -> None:
    """Download from the hub (or HF_ENDPOINT) and print the digests to pin. The only command that uses the network."""
    from configs.no_egress import allow_hub

    allow_hub()
    declared = registry(load_settings())
    for name in names:
        entry = declared.declaration(name)
        sources = [source for source in entry.sources if isinstance(source, HubSource)]
        if not sources:
            raise UserError(f"{name} has no hub source; it comes from {entry.sources[0]}")
        _fetch(name, sources[0], list(entry.files))


def _fetch(name: str, source: HubSource, files: list[str]) -> None:
    from pathlib import Path

    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    console.print(f"{name}: the digests to pin in weights.yaml")
    for file in files:
        try:
            path = hf_hub_download(source.hub, file, revision=source.revision)
        except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
            raise UserError(f"{source.hub}/{file} could not be fetched: {str(error).splitlines()[0]}") from error
        console.print(f"    {file}: {sha256_of(Path(path))}", soft_wrap=True)


def state(declared: Registry, name: str) -> str:
    """`verified`, or why not."""
    try:
        declared.open(name)
    except WeightsError as error:
        return str(error)
    return "verified"
