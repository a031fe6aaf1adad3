"""A replica loads behind everything that serves, and then serves beside it.

Ray starts its workers at one niceness for all. So the worker of a model is started by this file, as a program, which
lowers itself first; once the model is loaded the replica comes forward. That takes a right that not everybody has
(`CAP_SYS_NICE`, or `ulimit -e` of 20 and more): without it the worker starts where all others do.
"""

import os
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread, get_native_id

_BEFORE = "NICENESS_BEFORE_LOADING"


def worker_command(niceness: int) -> str:
    """The `py_executable` of Ray's `runtime_env` that starts a worker so."""
    return f"{sys.executable} -SEP {Path(__file__).resolve()} {niceness}"


def come_forward() -> None:
    """Give every thread of this process the niceness that it was started with, as those that are made later."""
    before = os.environ.get(_BEFORE)
    if before is None:
        return
    for thread in os.listdir("/proc/self/task"):
        with suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, int(thread), int(before))


def may_come_forward() -> bool:
    """Whether `come_forward` works for this user. Tried in a thread, since on Linux each has a niceness of its own."""
    came, before = [], os.getpriority(os.PRIO_PROCESS, 0)

    def there_and_back() -> None:
        os.setpriority(os.PRIO_PROCESS, get_native_id(), before + 1)
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, get_native_id(), before)
            came.append(True)

    thread = Thread(target=there_and_back)
    thread.start()
    thread.join()
    return bool(came)


def main() -> None:
    """Become the Python that Ray asked for."""
    niceness, before = int(sys.argv[1]), os.getpriority(os.PRIO_PROCESS, 0)
    if niceness > before and may_come_forward():
        os.environ[_BEFORE] = str(before)
        os.setpriority(os.PRIO_PROCESS, 0, niceness)
    os.execv(sys.executable, [sys.executable, *sys.argv[2:]])


if __name__ == "__main__":
    main()
