"""The running engine, for a command that changes it."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console
from rich.status import Status

from configs.settings import Settings

Answer = TypeVar("Answer")

console = Console(highlight=False, markup=False)

UNTIL_A_START = "in force until assay up starts anew, with the profile that it is given then"
"""What a running engine is told lives as long as its Ray."""


def in_the_engine_of(settings: Settings, work: Coroutine[Any, Any, Answer]) -> Answer:
    """Join the engine's Ray, do the work there, and leave.

    Raises:
        EngineUnavailable: no engine runs there.
    """
    # Imported here: Ray takes seconds, and what the caller got wrong is said before. By `serve`, which tells Ray before
    # its import to stay on 127.0.0.1: else it looks for the engine at the machine's outward address.
    from serve.joining import joined

    try:
        with joined(settings.state_dir):
            return asyncio.run(work)
    finally:
        work.close()


@contextmanager
def steps(title: str) -> Iterator[Status]:
    """What is being done now, beside a spinner."""
    with console.status(title) as status:
        yield status


def state_dir(data_dir: Path | None) -> Path | None:
    """The flag as `assay up` takes it."""
    return data_dir and data_dir.absolute()
