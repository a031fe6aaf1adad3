"""`assay up`: the whole stack in one command, until it is told to stop."""

import asyncio
import os
import signal
from contextlib import nullcontext
from pathlib import Path
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
    _share_counters(settings)
    asyncio.run(_serve(settings, profile))


async def _serve(settings: Settings, profile: str) -> None:
    # Imported here: the counters' place has to be known before Prometheus' client is.
    from api.listening import held_port
    from api.start import prepare
    from serve.client import RayEngine

    # Replicas of a cluster may run on any of its machines, so Serve's proxy listens on the first one and finds them.
    with nullcontext() if _in_cluster() else held_port(settings.api.host, settings.api.port) as port:
        _forget_counters(settings)
        console.print(f"profile {profile}")
        console.print(f"data in {settings.state_dir}")
        tell(await prepare(settings))
        engine, steps = RayEngine(settings, http=_in_cluster()), _Steps()
        try:
            await engine.start(on_progress=steps)
            from api.serve_app import run_front_end
            from serve.joining import reachable

            with reachable(settings.state_dir):
                await asyncio.to_thread(run_front_end, settings, steps, port)
                console.print(f"ready: {settings.api.url}/console  (API documentation at {settings.api.url}/docs)")
                await _told_to_stop()
            console.print("stopping")
        finally:
            await engine.close()


def tell(secrets: "FirstSecrets | None") -> None:
    """At once, before anything can go wrong: they are nowhere else."""
    if secrets is not None:
        console.print("first start; these are shown once, keep them:")
        console.print(f"  API key       {secrets.api_key}", soft_wrap=True)
        console.print(f"  worker token  {secrets.worker_token}", soft_wrap=True)


def _in_cluster() -> bool:
    return "RAY_ADDRESS" in os.environ


async def _told_to_stop() -> None:
    told = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    await told.wait()


class _Steps:
    """Prints each step of the start once, however often it is reported."""

    def __init__(self) -> None:
        self._last = ""

    def __call__(self, step: str) -> None:
        if step != self._last:
            console.print(Text(f"  {step}", style="dim"))
        self._last = step


def _share_counters(settings: Settings) -> None:
    """Give all processes of this start one place to count in (Prometheus' multiprocess mode)."""
    folder = _counters(settings)
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)


def _forget_counters(settings: Settings) -> None:
    """Those of earlier starts. Only once the port is ours: whoever has it counts there."""
    for left in _counters(settings).glob("*.db"):
        if not left.stem.endswith(f"_{os.getpid()}"):
            left.unlink(missing_ok=True)


def _counters(settings: Settings) -> Path:
    return settings.state_dir / "counters"
