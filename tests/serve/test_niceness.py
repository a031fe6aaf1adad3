"""What loads stays behind what serves, and comes forward once it serves too."""

import subprocess
import sys

import pytest

from serve.niceness import may_come_forward, worker_command

SHOW = "import os; print(os.getpriority(os.PRIO_PROCESS, 0))"
SHOW_ALL = """
import os
from threading import Event, Thread
from serve.niceness import come_forward
stop = Event()
threads = [Thread(target=stop.wait) for _ in range(3)]
for thread in threads:
    thread.start()
come_forward()
print({os.getpriority(os.PRIO_PROCESS, int(thread)) for thread in os.listdir("/proc/self/task")})
stop.set()
"""
AS_NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all", "--bounding-set=-all")

allowed = pytest.mark.skipif(not may_come_forward(), reason="this user may not raise a priority again")


def _said(niceness: int, code: str) -> str:
    command = [*worker_command(niceness).split(), "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@allowed
def test_a_worker_starts_behind() -> None:
    assert _said(7, SHOW) == "7"


@allowed
def test_every_thread_comes_forward() -> None:
    assert _said(7, SHOW_ALL) == "{0}"


def test_it_is_the_same_python() -> None:
    assert _said(7, "import sys; print(sys.executable, len(sys.argv))") == f"{sys.executable} 1"


@allowed
def test_who_could_not_come_back_does_not_go() -> None:
    """The system's Python, since nobody may not read ours."""
    command = [*AS_NOBODY, "/usr/bin/python3", "-SEP", worker_command(7).split()[2], "7", "-c", SHOW]
    shown = subprocess.run(command, capture_output=True, text=True)
    if shown.returncode:
        pytest.skip(f"this machine does not let a process give up its rights: {shown.stderr.strip()[-200:]}")
    assert shown.stdout.strip() == "0"
