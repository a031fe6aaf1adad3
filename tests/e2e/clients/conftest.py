"""One stack for all clients: started as the quickstart says, with the real engine."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.api.stores import free_ports
from tests.e2e.assay_up import RealStack, secret_in, until_ready
from tests.e2e.clients.guide import REPOSITORY, sections
from tests.e2e.clients.page import Pages

STOP_SECONDS = 60


@pytest.fixture(scope="package")
def pages() -> Iterator[Pages]:
    """What browsers load."""
    with Pages({"programs": Path(__file__).parent / "programs"}).served() as made:
        yield made


@pytest.fixture(scope="package")
def settings(pages: Pages, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a test has otherwise than a reader: a port and a folder of its own, and an operator who lets a page in."""
    return {
        "ASSAY_API__PORT": str(free_ports(1)[0]),
        "ASSAY_STATE_DIR": str(tmp_path_factory.mktemp("state")),
        "ASSAY_API__CORS_ORIGINS": f"['{pages.origin}']",
    }


@pytest.fixture(scope="package")
def stack(settings: dict[str, str]) -> Iterator[RealStack]:
    """By the quickstart's first block."""
    process = subprocess.Popen(
        ["bash", "-ec", sections()["Start"][0].text],
        cwd=REPOSITORY,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said = until_ready(process)
        key, token = (secret_in(said, prefix) for prefix in ("fh_live_", "wk_"))
        yield RealStack(f"http://127.0.0.1:{settings['ASSAY_API__PORT']}", key, token, process)
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[str]") -> None:
    """As Ctrl-C does in a terminal. The shell has become the command, or has it as its child, as its version likes."""
    shell = psutil.Process(process.pid)
    children = shell.children(recursive=True)
    for command in [shell, *shell.children()]:
        with suppress(psutil.NoSuchProcess):  # one that failed has ended already, and what it said is to be seen
            if command.cmdline()[-1:] == ["up"]:
                command.terminate()
    try:
        process.wait(STOP_SECONDS)
    finally:
        for left in children:
            if left.is_running():
                left.kill()
