"""The processes of a Ray that this process started."""

import re
from collections.abc import Iterator

import psutil


def replica_pids(role: str) -> set[int]:
    """Of the replicas that run a deployment, by the titles that Ray gives them."""
    return {process.pid for process in _children() if re.search(rf"ServeReplica:\S+:{role}\b", _title(process))}


def ray_processes() -> Iterator[psutil.Process]:
    """All of Ray; servers of other tests may still be running."""
    return (process for process in _children() if re.search(r"ray::|/ray/", _title(process)))


def _children() -> Iterator[psutil.Process]:
    yield from psutil.Process().children(recursive=True)


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""
