"""The real stack, as an operator starts it: `assay up` in a process of its own, with the embedded models."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import psutil

from tests.api.server import GENEROUS
from tests.api.stores import free_ports

STOP_SECONDS = 60


@dataclass(frozen=True, slots=True)
class RealStack:
    """One that answers, and the secrets of its first start."""

    url: str
    api_key: str
    worker_token: str
    process: "subprocess.Popen[str]"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.api_key}"}

    @property
    def worker_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.worker_token}"}

    def replicas(self, application: str, deployment: str) -> list[psutil.Process]:
        """The processes of a deployment's replicas."""
        # A model is an application of its own, with a version in its name.
        title = re.compile(rf"ServeReplica:{application}(-\S+)?:{deployment}\b")
        children = psutil.Process(self.process.pid).children(recursive=True)
        return [child for child in children if title.search(" ".join(_command_line(child)))]


@contextmanager
def assay_up(
    state_dir: Path, *, under: Sequence[str] = (), profile: str = "embedded", **variables: str
) -> Iterator[RealStack]:
    """The stack on a free port of loopback, until the block ends.

    Args:
        state_dir: for its database, files and logs.
        under: a command that it is started by, for example `("strace", "-f")`.
        profile: its name, or the path of its file.
        variables: of its environment.
    """
    (port,) = free_ports(1)
    flags = ["--profile", profile, "--port", str(port), "--data-dir", str(state_dir)]
    command = [sys.executable, "-m", "scripts.cli", "up", *flags]
    process = subprocess.Popen(
        [*under, *command],
        env=os.environ | GENEROUS | variables,
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = until_ready(process)
        key, token = (secret_in(said, prefix) for prefix in ("fh_live_", "wk_"))
        yield RealStack(f"http://127.0.0.1:{port}", key, token, process)
    finally:
        _end(process)


def until_ready(process: "subprocess.Popen[str]") -> str:
    """What `assay up` prints before it is ready; what it prints later is thrown away."""
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if line.startswith("ready:"):
            Thread(target=process.stdout.read, daemon=True).start()  # so that the pipe never fills
            return "".join(said)
    raise AssertionError("the stack did not start:\n" + "".join(said[-40:]))


def secret_in(said: str, prefix: str) -> str:
    """The first one of this kind."""
    found = re.search(rf"{prefix}\S+", said)
    assert found is not None
    return found.group()


def _end(process: "subprocess.Popen[str]") -> None:
    processes = psutil.Process(process.pid).children(recursive=True)
    for child in _assay(process):
        child.terminate()
    try:
        process.wait(STOP_SECONDS)
    finally:
        for left in processes:
            if left.is_running():
                left.kill()


def _assay(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    """The command itself, which may have been started by another one."""
    tree = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    return [one for one in tree if "scripts.cli" in _command_line(one) and "python" in _command_line(one)[0]]


def _command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []
