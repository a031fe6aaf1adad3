"""Decoding in child processes that can be killed: a hostile file costs a result, never the replica.

The children are started with `subprocess`, not `multiprocessing`, which would import the engine's main module, and
with it torch and Ray, into each of them.
"""

import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType

from configs.settings import DecodeSettings
from pipeline.decode_channel import Channel
from pipeline.media import CorruptMedia, Decoded, DecodeTimeout, MediaError, MediaTooLarge

FILES_PER_CHILD = 500
"""A child is replaced after so many files, so that a leak in a codec stays small."""

_BYTES_PER_SECOND = 20e6
"""Files of minutes are large: on top of the time limit each gets the time to read it at this rate, so that a video of
600 s at 8 Mbit/s may take twice the 30 s of a photo."""
_START_SECONDS = 120.0
"""For a child's imports: half a second, on a machine that swaps much more."""

_ROOT = Path(__file__).parents[1]
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "HOME", "CUDA_VISIBLE_DEVICES")
"""The rest of the environment, credentials among it, is no business of a decoder."""
_CUDA = {"CUDA_CACHE_DISABLE": "1"}


class Decoder:
    """`limits.workers` decoding processes; `decode` may be called from any thread and waits for a free one.

    A child ends with the engine even if that is killed: its channel closes, and an alarm of the kernel stops what
    hangs in the meantime.
    """

    def __init__(self, limits: DecodeSettings) -> None:
        self._limits = limits
        self._children = [_Child(limits) for _ in range(limits.workers)]
        self._idle: SimpleQueue[_Child | None] = SimpleQueue()
        for child in self._children:
            self._idle.put(child)

    def decode(self, source: Path | bytes) -> Decoded:
        """Decode a file as `pipeline.decode.decode` does, within limits of time and memory.

        A child that dies is replaced and the file tried once more, since it may have been killed for another's sake.

        Raises:
            MediaError: the file is damaged, of no accepted format, over a limit, or ends its process twice.
            FileNotFoundError: no such file.
            RuntimeError: the decoder is closed, or no child can be started.
        """
        size_bytes = source.stat().st_size if isinstance(source, Path) else len(source)
        if size_bytes > self._limits.max_size_bytes:
            raise MediaTooLarge(f"The file is larger than {self._limits.max_size_bytes:,} bytes.")
        request = source.absolute() if isinstance(source, Path) else source
        with self._borrowed() as child:
            limit_seconds = time_limit_seconds(size_bytes, self._limits)
            try:
                return child.decode(request, limit_seconds)
            except _ChildDied:
                return child.decode(request, limit_seconds)

    def close(self) -> None:
        """End the children, after the files that they are at."""
        for _ in self._children:
            child = self._idle.get()
            if child is None:
                break
            child.end()
        self._idle.put(None)

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def _borrowed(self) -> Iterator["_Child"]:
        child = self._idle.get()
        try:
            if child is None:
                raise RuntimeError("the decoder is closed")
            yield child
        finally:
            self._idle.put(child)


def time_limit_seconds(size_bytes: int, limits: DecodeSettings) -> float:
    """How long a file of this size may take."""
    return limits.timeout_seconds + size_bytes / _BYTES_PER_SECOND


class _ChildDied(MediaError):
    """The child ended while it was at the file."""


class _KilledForMemory(_ChildDied, MediaTooLarge):
    code = MediaTooLarge.code


class _Crashed(_ChildDied, CorruptMedia):
    code = CorruptMedia.code


class _Child:
    """One decoding process, replaced by a new one when it is too slow, dies or has served its time."""

    def __init__(self, limits: DecodeSettings) -> None:
        self._limits = limits
        self._start()

    def decode(self, source: Path | bytes, limit_seconds: float) -> Decoded:
        try:
            answer = self._ask(source, limit_seconds)
        except TimeoutError:
            self._replace()
            raise DecodeTimeout(f"Decoding the file took longer than {limit_seconds:.0f} seconds.") from None
        except (OSError, EOFError, pickle.UnpicklingError):
            raise _cause_of_death(self._replace()) from None
        except BaseException:  # an interrupt, say: the answer to come would be taken for the next file's
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

    def _ask(self, source: Path | bytes, limit_seconds: float) -> Decoded | MediaError:
        if not self._files:
            self._await_imports()
        self._files += 1
        self._channel.send((source, limit_seconds), limit_seconds)
        answer: Decoded | MediaError = self._channel.receive(limit_seconds)
        return answer

    def _await_imports(self) -> None:
        try:
            self._channel.receive(_START_SECONDS)
        except (OSError, EOFError) as error:
            raise RuntimeError(f"no decoding process could be started within {_START_SECONDS:.0f} s") from error

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "pipeline.decode_worker", str(number), self._limits.model_dump_json()],
                pass_fds=(number,),
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the engine, which ends its children itself
            )
        self._channel = Channel(ours, self._limits.memory_bytes)
        self._files = 0

    def _replace(self) -> int:
        """Exit status of the old process: negative for the signal that ended it."""
        status = self._process.poll()
        killed_status = self.end()
        self._start()
        return killed_status if status is None else status


def _cause_of_death(status: int) -> _ChildDied:
    if status == -signal.SIGKILL:
        return _KilledForMemory("Decoding the file takes more memory than there is.")
    return _Crashed("The file is damaged in a way that its decoder does not survive.")


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
