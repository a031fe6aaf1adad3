"""`assay doctor`: what this machine has, and what of a profile would run where."""

import asyncio
import os
import shutil
from functools import partial
from pathlib import Path
from typing import Annotated

import psutil
import typer
from rich.console import Console
from rich.table import Table

from configs.settings import Settings, load_settings
from scripts.tune_machine import usable_cores
from scripts.user_errors import UserError

GIB = 1024**3
NEEDED_GIB = 7
"""Memory of the embedded stack, Ray included (`python -m scripts.bench soak` measures it)."""
INTERESTING_FLAGS = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")

console = Console(markup=False)


def doctor(
    profile: Annotated[str, typer.Option(help="Profile name or the path of a .yaml file.")] = "embedded",
    data_dir: Annotated[
        Path | None, typer.Option(help="State folder, as it is given to `assay up`.", show_default=False)
    ] = None,
) -> None:
    """Check machine, weights, database and store, and say what would run where. Exits 1 when something is missing."""
    try:
        settings = load_settings(profile, state_dir=data_dir and data_dir.absolute())
    except FileNotFoundError as error:
        raise UserError(str(error)) from error
    console.print(_machine(settings))
    table, missing = _models(settings)
    missing += _lacking(settings)
    console.print(table)
    for line in missing:
        console.print(f"missing: {line}", soft_wrap=True)
    raise typer.Exit(1 if missing else 0)


def _machine(settings: Settings) -> Table:
    from models.runtime.device import cpu_capabilities, cuda_available

    memory = psutil.virtual_memory()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    table = Table("machine", "", title="assay doctor")
    table.add_row("processor cores", str(usable_cores()))
    table.add_row("processor features", " ".join(_flags()) or "none of " + " ".join(INTERESTING_FLAGS))
    table.add_row("OpenVINO computes in", ", ".join(cpu_capabilities()))
    table.add_row("CUDA device", "yes" if cuda_available() else "none")
    table.add_row("memory", f"{memory.total / GIB:.1f} GiB, {memory.available / GIB:.1f} free")
    for name, folder in (("caches", settings.data_dir), ("state folder", settings.state_dir)):
        table.add_row(name, f"{folder}, {shutil.disk_usage(_existing(folder)).free / GIB:.1f} GiB free")
    return table


def _existing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())


def _models(settings: Settings) -> tuple[Table, list[str]]:
    from models.loading import require_package
    from models.runtime.cublas import load_cublas
    from models.runtime.device import resolve
    from models.weights import Registry
    from scripts.weights_command import state

    declared = Registry.load(settings.weights, settings.data_dir)
    table = Table(
        "role", "backend", "weights", "state", "runs on", "in", "threads", title=f"profile {settings.profile}"
    )
    missing = []
    for role, model in settings.models.items():
        found = state(declared, model.weights)
        where: tuple[str, str, str] = ("nowhere", "", "")
        try:
            place = resolve(model, settings.data_dir)
            require_package(model.backend, model.options)
            if (model.backend, place.device) == ("whisper", "cuda"):
                load_cublas()
            where = (place.device, place.precision, str(place.threads))
        except ValueError as error:
            missing.append(f"{role}: {error}")
        if found != "verified":
            missing.append(f"{role}: {found}")
        table.add_row(role, model.backend, model.weights, "verified" if found == "verified" else "missing", *where)
    return table, missing


def _lacking(settings: Settings) -> list[str]:
    """What a start would refuse beside the models."""
    from serve.app import require_gpus, reserved_gpus
    from serve.errors import EngineUnavailable
    from serve.loading import load_scoring

    def look_for_gpus() -> None:
        if reserved_gpus(settings) and "RAY_ADDRESS" not in os.environ:  # those of a cluster are elsewhere
            import torch

            require_gpus(settings, torch.cuda.device_count())

    lacking = []
    for look in (partial(load_scoring, settings), look_for_gpus):
        try:
            look()
        except EngineUnavailable as error:
            lacking.append(str(error))
    total = psutil.virtual_memory().total / GIB
    if settings.profile == "embedded" and total < NEEDED_GIB:
        lacking.append(f"memory: {total:.1f} GiB are there, and the stack takes up to {NEEDED_GIB}")
    return [*lacking, *asyncio.run(_outside(settings))]


async def _outside(settings: Settings) -> list[str]:
    """What does not answer of a database and a store that are servers of their own, and a disk that is full."""
    from api.outage import DatabaseAway
    from api.storage import StoreError

    lacking = []
    for look in (_look_at_database, _look_at_store):
        try:
            await look(settings)
        except DatabaseAway as error:
            lacking.append(f"database: {error}")
        except (StoreError, OSError) as error:
            lacking.append(f"store: {error}")
    return lacking


async def _look_at_database(settings: Settings) -> None:
    from api.db import Database, database_url

    url = database_url(settings)
    if url.get_backend_name() != "sqlite":
        db = Database(url)
        try:
            await db.check()
        finally:
            await db.close()


async def _look_at_store(settings: Settings) -> None:
    from api.storage import create_store
    from api.storage_disk import require_room

    require_room(_existing(settings.state_dir))
    if settings.store.backend == "s3":
        store = create_store(settings, b"")
        try:
            await store.check(writing=True)
        finally:
            await store.close()


def _flags() -> list[str]:
    """Processor features that decide the precision; empty where /proc/cpuinfo does not exist."""
    path = Path("/proc/cpuinfo")
    words = set(path.read_text(encoding="utf-8").split()) if path.exists() else set()
    return [flag for flag in INTERESTING_FLAGS if flag in words]
