"""`assay up`: the whole stack in one command, until it is told to stop."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from configs.settings import Settings, load_settings
from scripts.user_errors import UserError

if TYPE_CHECKING:
    from api.start import FirstSecrets

console = Console(highlight=False, markup=False)


def up(
    profile: Annotated[str, typer.Option(help="Profile name or the path of a .yaml file.")] = "embedded",
    host: Annotated[str | None, typer.Option(help="Address to listen on.", show_default=False)] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on.", show_default=False)] = None,
    data_dir: Annotated[
        Path | None,
        typer.Option(help="Database, files, secret key and logs of this machine.", show_default=False),
    ] = None,
) -> None:
    """Start models, API and background work; Ctrl-C stops them."""
    flags = {
        "api__host": host,
        "api__port": port,
        "api__stderr_of": None if _in_cluster() else os.getpid(),
        "state_dir": data_dir and data_dir.absolute(),
    }
    try:
        settings = load_settings(profile, **flags)
    except FileNotFoundError as error:
        raise UserError(str(error)) from error
    # It holds people's files and addresses. One that is there stays as its operator has made it.
    settings.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _shared_counters():
        asyncio.run(_serve(settings, profile))


async def _serve(settings: Settings, profile: str) -> None:
    # Imported here: the counters' place has to be known before Prometheus' client is.
    from api.listening import held_port
    from api.start import prepare
    from serve.client import RayEngine

    # Replicas of a cluster may run on any of its machines, so Serve's proxy listens on the first one and finds them.
    with nullcontext() if _in_cluster() else held_port(settings.api.host, settings.api.port) as port:
        console.print(f"profile {profile}")
        console.print(f"data in {settings.state_dir}")
        tell(await prepare(settings))
        engine, steps = RayEngine(settings, http=_in_cluster()), _Steps()
        try:
            await engine.start(on_progress=steps)
            from api.serve_app import run_front_end, stop_front_end
            from serve.joining import reachable

            try:
                with reachable(settings.state_dir):
                    await asyncio.to_thread(run_front_end, settings, steps, port)
                    console.print(f"ready: {settings.api.url}/console  (API documentation at {settings.api.url}/docs)")
                    await _told_to_stop()
                console.print("stopping")
            finally:
                await asyncio.to_thread(stop_front_end)
        finally:
            await engine.close()


def tell(secrets: "FirstSecrets | None") -> None:
    """At once, before anything can go wrong: they are nowhere else."""
    if secrets is not None:
        console.print("first start; these are shown once, keep them:")
        console.print(f"  organization  {secrets.organization_id}", soft_wrap=True)
        console.print(f"  API key       {secrets.api_key}", soft_wrap=True)
        console.print(f"  worker token  {secrets.worker_token}", soft_wrap=True)


def _in_cluster() -> bool:
    return "RAY_ADDRESS" in os.environ


async def _told_to_stop() -> None:
    """Until the first signal; another one then ends the process as it would any."""
    told, loop, signals = asyncio.Event(), asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, told.set)
    await told.wait()
    for number in signals:
        loop.remove_signal_handler(number)


class _Steps:
    """Prints each step of the start once, however often it is reported."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, step: str) -> None:
        if step != self._last:
            console.print(Text(f"  {step}", style="dim"))
        self._last = step


@contextmanager
def _shared_counters() -> Iterator[None]:
    """One place for all processes of this start to count in (Prometheus' multiprocess mode), for the block.

    In memory where there is such a folder: they write through mapped files, and whoever does that on a full disk is
    killed by the kernel (SIGBUS).
    """
    memory = Path("/dev/shm")
    place = memory if os.access(memory, os.W_OK) else None
    with TemporaryDirectory(prefix="assay-counters-", dir=place, ignore_cleanup_errors=True) as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield
