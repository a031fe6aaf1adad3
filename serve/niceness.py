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


def worker_command(niceness: int) -> str:
    """The `py_executable` of Ray's `runtime_env` that starts a worker so."""
    return f"{sys.executable} -SEP {Path(__file__).resolve()} {niceness}"


def come_forward() -> None:
    """Give every thread of this process the niceness 0; those that are made later have it too."""
    for thread in os.listdir("/proc/self/task"):
        with suppress(ProcessLookupError, PermissionError):
            os.setpriority(os.PRIO_PROCESS, int(thread), 0)


def may_come_forward() -> bool:
    """Whether `come_forward` works for this user. Tried in a thread, since on Linux each has a niceness of its own."""
    came = []

    def there_and_back() -> None:
        os.setpriority(os.PRIO_PROCESS, get_native_id(), 1)
        with suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, get_native_id(), 0)
            came.append(True)

    thread = Thread(target=there_and_back)
    thread.start()
    thread.join()
    return bool(came)


def main() -> None:
    """Become the Python that Ray asked for."""
    if may_come_forward():
        os.setpriority(os.PRIO_PROCESS, 0, int(sys.argv[1]))
    os.execv(sys.executable, [sys.executable, *sys.argv[2:]])


if __name__ == "__main__":
    main()
