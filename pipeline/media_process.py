"""Child processes that read what strangers sent and can be killed: a hostile file costs a result, never the replica.

The children are started with `subprocess`, not `multiprocessing`, which would import the engine's main module, and
with it torch and Ray, into each of them.
"""

import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, ClassVar, Self

import psutil

from configs.settings import DecodeSettings
from pipeline.decode_channel import Channel
from pipeline.media import CorruptMedia, DecodeTimeout, MediaError, MediaTooLarge

FILES_PER_CHILD = 500
"""A child is replaced after so many files, so that a leak in a codec stays small."""

_BYTES_PER_SECOND = 20e6
"""Files of minutes are large: on top of the time limit each gets the time to read it at this rate, so that a video of
600 s at 8 Mbit/s may take twice the 30 s of a photo."""
_START_SECONDS = 120.0
"""For a child's imports: half a second, on a machine that swaps much more."""
STARVED = 0.25
"""Share of the time limit: a child that has worked for less when it is over, a quarter of one core, was kept from
working by the machine, which is no fault of the file. Chosen, not measured: with more, what loops for ever would be
tried again on busy machines."""
_DYING_SECONDS = 2.0
"""Between the end of a child's channel and its own."""

_ROOT = Path(__file__).parents[1]
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "HOME", "CUDA_VISIBLE_DEVICES")
"""The rest of the environment, credentials among it, is no business of a decoder."""
_CUDA = {"CUDA_CACHE_DISABLE": "1"}

TakePart = Callable[[Any], bool]
"""Takes a message of a child before its last one; false when it is the last one itself."""


class MediaProcesses:
    """`limits.workers` processes of one worker module; `_run` may be called from any thread and waits for a free one.

    A child ends with the engine even if that is killed: its channel closes, and an alarm of the kernel stops what
    hangs in the meantime.
    """

    worker: ClassVar[str]
    """The module that a child runs, see `pipeline.media_worker`."""

    def __init__(self, limits: DecodeSettings) -> None:
        self._limits = limits
        self._children = [_Child(self.worker, limits) for _ in range(limits.workers)]
        self._idle: SimpleQueue[_Child | None] = SimpleQueue()
        for child in self._children:
            self._idle.put(child)

    def close(self) -> None:
        """End the children, after the files that they are at."""
        for _ in self._children:
            child = self._idle.get()
            if child is None:
                break
            child.end()
        self._idle.put(None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _run(self, request: Any, size_bytes: int, begin: Callable[[], TakePart]) -> Any:
        """A child's last answer to the request.

        A child that dies is replaced and the request made once more, since it may have been killed for another's sake.

        Args:
            request: what the worker module understands.
            size_bytes: of the file that it is about.
            begin: called before each try, for what takes the parts of the answer.

        Raises:
            MediaError: the file is over a limit, ends its process twice, or what the worker raised.
            ProcessKilled: the machine killed two in a row.
            RuntimeError: the processes are closed, or no child can be started.
        """
        if size_bytes > self._limits.max_size_bytes:
            raise MediaTooLarge(f"The file is larger than {self._limits.max_size_bytes:,} bytes.")
        limit_seconds = time_limit_seconds(size_bytes, self._limits)
        with self._borrowed() as child:
            try:
                return child.ask(request, limit_seconds, begin())
            except (_ChildDied, ProcessKilled):
                return child.ask(request, limit_seconds, begin())

    @contextmanager
    def _borrowed(self) -> Iterator["_Child"]:
        child = self._idle.get()
        try:
            if child is None:
                raise RuntimeError(f"the processes of {self.worker} are closed")
            yield child
        finally:
            self._idle.put(child)


def time_limit_seconds(size_bytes: int, limits: DecodeSettings) -> float:
    """How long a file of this size may take."""
    return limits.timeout_seconds + size_bytes / _BYTES_PER_SECOND


class _ChildDied(MediaError):
    """The child ended while it was at the file."""


class ProcessKilled(RuntimeError):
    """By the machine, for want of memory or processor time, or by its operator: a child's own limits end it in no such
    way."""


class _Crashed(_ChildDied, CorruptMedia):
    code = CorruptMedia.code


class _Child:
    """One process, replaced by a new one when it is too slow, dies or has served its time."""

    def __init__(self, worker: str, limits: DecodeSettings) -> None:
        self._worker, self._limits = worker, limits
        self._start()

    def ask(self, request: Any, limit_seconds: float, take_part: TakePart) -> Any:
        try:
            answer = self._answer(request, limit_seconds, take_part)
        except BaseException:  # a full disk, say, or an interrupt: what is to come would be taken for the next answer
            self._replace()
            raise
        if self._files >= FILES_PER_CHILD:
            self._replace()
        if isinstance(answer, MediaError):
            raise answer
        return answer

    def end(self) -> int:
        """Kill the process, wait until it is gone, and return its exit status."""
        self._channel.close()
        self._process.kill()
        return self._process.wait()

    def _answer(self, request: Any, limit_seconds: float, take_part: TakePart) -> Any:
        if not self._files:
            self._await_imports()
        self._files += 1
        deadline = time.monotonic() + limit_seconds
        self._cpu_seconds_before = self._cpu_seconds()
        with self._watched(limit_seconds):
            self._channel.send((request, limit_seconds), limit_seconds)
        while take_part(answer := self._next(deadline, limit_seconds)):
            pass
        return answer

    def _next(self, deadline: float, limit_seconds: float) -> Any:
        with self._watched(limit_seconds):
            return self._channel.receive(deadline - time.monotonic())

    @contextmanager
    def _watched(self, limit_seconds: float) -> Iterator[None]:
        try:
            yield
        except TimeoutError:
            if self._was_kept_from_working(limit_seconds):
                raise ProcessKilled(f"a process of {self._worker} got no processor time") from None
            raise DecodeTimeout(f"Decoding the file took longer than {limit_seconds:.0f} seconds.") from None
        except (OSError, EOFError, pickle.UnpicklingError):
            raise self._cause_of_death() from None

    def _was_kept_from_working(self, limit_seconds: float) -> bool:
        """Whether it would have worked; one all of whose threads sleep hangs by itself."""
        if set(self._thread_states()) <= {"S"}:
            return False
        return self._cpu_seconds() - self._cpu_seconds_before < STARVED * limit_seconds

    def _thread_states(self) -> Iterator[str]:
        """As proc(5) has them. FFmpeg decodes in threads of its own, for which the first one waits asleep."""
        for stat in Path(f"/proc/{self._process.pid}/task").glob("*/stat"):
            with suppress(OSError):  # the thread has ended
                yield stat.read_text().rpartition(")")[2].split()[0]

    def _cpu_seconds(self) -> float:
        try:
            times = psutil.Process(self._process.pid).cpu_times()
        except psutil.Error:
            return 0.0
        return float(times.user + times.system)

    def _await_imports(self) -> None:
        try:
            self._channel.receive(_START_SECONDS)
        except (OSError, EOFError) as error:
            raise RuntimeError(
                f"no process of {self._worker} could be started within {_START_SECONDS:.0f} s"
            ) from error

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._worker, str(number), self._limits.model_dump_json()],
                pass_fds=(number,),
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the engine, which ends its children itself
            )
        self._channel = Channel(ours, self._limits.memory_bytes)
        self._files = 0

    def _replace(self) -> None:
        self.end()
        self._start()

    def _cause_of_death(self) -> _ChildDied | ProcessKilled:
        if self._status() == -signal.SIGKILL:
            return ProcessKilled(f"a process of {self._worker} was killed; the machine may be short of memory")
        return _Crashed("The file is damaged in a way that its decoder does not survive.")

    def _status(self) -> int | None:
        """Negative for the signal that ended it; `None` when it lives, and broke the channel's rules."""
        try:
            return self._process.wait(_DYING_SECONDS)
        except subprocess.TimeoutExpired:
            return None


def _environment() -> dict[str, str]:
    """One thread for each library, and one heap: a second arena of glibc alone takes 64 MB of the address space.

    CUDA's cache of compiled kernels is off, since a decoder that writes to a file is ended.
    """
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    path = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
    return kept | {
        "PYTHONPATH": path,
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MALLOC_ARENA_MAX": "2",
        **_CUDA,
    }
