"""Decoding in child processes that can be killed: a hostile file costs a result, never the replica.

The children are started with `subprocess`, not `multiprocessing`, which would import the engine's main module, and
with it torch and Ray, into each of them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType

from configs.settings import DecodeSettings
from pipeline.media import CorruptMedia, Decoded, MediaError, MediaTooLarge

FILES_PER_CHILD = 500
"""A child is replaced after so many files, so that a leak in a codec stays small."""

_BYTES_PER_SECOND = 20e6
"""Files of minutes are large: on top of the time limit each gets the time to read it at this rate, so that a video of
600 s at 8 Mbit/s may take twice the 30 s of a photo."""
_START_SECONDS = 120.0
"""For a child's imports: half a second, on a machine that swaps much more."""

_ROOT = Path(__file__).parents[1]
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "HOME")
"""The rest of the environment, credentials among it, is no business of a decoder."""


class Decoder:
    """`limits.workers` decoding processes; `decode` may be called from any thread and waits for a free one.

    A child ends with the engine even if that is killed: its channel closes, and an alarm of the kernel stops what
    hangs in the meantime.
    """

    def __init__(self, limits: DecodeSettings) -> None:
        self._limits = limits
        self._idle: SimpleQueue[_Child | None] = SimpleQueue()
        for _ in range(limits.workers):
            self._idle.put(_Child(limits))

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
            except ChildDied:
                return child.decode(request, limit_seconds)

    def close(self) -> None:
        """End the children, after the files that they are at."""
        for _ in range(self._limits.workers):
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


class ChildDied(MediaError):
    """The decoder did not survive the file."""


class _KilledForMemory(ChildDied, MediaTooLarge):
    code = MediaTooLarge.code


class _Crashed(ChildDied, CorruptMedia):
    code = CorruptMedia.code
