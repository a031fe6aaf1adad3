"""Decoding in child processes that may be killed: a hostile file costs a result, never the replica.

A child imports the decoders and nothing else. Arrays come back as out-of-band buffers (pickle protocol 5), so a
12 MB picture crosses in milliseconds. A child that is too slow, dies or runs out of memory is replaced.
"""

import os
import pickle
import resource
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from queue import LifoQueue
from threading import Timer
from types import TracebackType
from typing import IO, Any

from configs.settings import DecodeSettings
from pipeline.media import CorruptMedia, Decoded, DecodeTimeout, MediaError, MediaTooLarge

FILES_PER_CHILD = 500
"""A child is replaced after so many files, so that a leak in a codec stays small."""
_ORPHAN_FACTOR = 2
"""A child whose parent is gone ends when it reads the next file, and after this many time limits in any case."""
_LENGTH = struct.Struct("<Q")


class Decoder:
    """`limits.workers` children; `decode` is safe to call from several threads and waits for a free one."""

    def __init__(self, limits: DecodeSettings) -> None:
        self._limits = limits
        self._idle: LifoQueue[_Child] = LifoQueue()
        self._children = [_Child(limits) for _ in range(limits.workers)]
        for child in self._children:
            self._idle.put(child)

    def decode(self, source: Path | bytes) -> Decoded:
        """Decode a file.

        Raises:
            MediaError: the file is damaged, of no accepted format, over a limit, or ended its process.
            FileNotFoundError: no such file.
        """
        with self._child() as child:
            return child.decode(source)

    def close(self) -> None:
        """End the children; those that still decode are killed."""
        for child in self._children:
            child.end()

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def _child(self) -> Iterator["_Child"]:
        child = self._idle.get()
        try:
            yield child
        finally:
            self._idle.put(child)


class _Child:
    """One decoding process, started when it is first needed."""

    def __init__(self, limits: DecodeSettings) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._files = 0

    def decode(self, source: Path | bytes) -> Decoded:
        process = self._running()
        assert process.stdin is not None
        assert process.stdout is not None
        late = Timer(self._limits.timeout_seconds, process.kill)
        late.start()
        try:
            _send(process.stdin, source)
            answer = _receive(process.stdout)
        except (EOFError, BrokenPipeError):
            raise self._obituary(process, timed_out=late.finished.is_set()) from None
        finally:
            late.cancel()
        if isinstance(answer, BaseException):
            raise answer
        decoded: Decoded = answer
        return decoded

    def end(self) -> None:
        """Kill the process and wait until it is gone."""
        if self._process is None:
            return
        self._process.kill()
        with suppress(BrokenPipeError):  # what was still to be written has no reader any more
            self._process.communicate()
        self._process = None

    def _running(self) -> subprocess.Popen[bytes]:
        self._files += 1
        if self._files > FILES_PER_CHILD or (self._process is not None and self._process.poll() is not None):
            self.end()
        if self._process is None:
            command = [sys.executable, "-m", "pipeline.decode_process", self._limits.model_dump_json()]
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            self._files = 1
        return self._process

    def _obituary(self, process: subprocess.Popen[bytes], timed_out: bool) -> MediaError:
        """The process is gone; what it was decoding is to blame."""
        self.end()
        if timed_out:
            return DecodeTimeout(f"Opening the file took longer than {self._limits.timeout_seconds:.0f} s.")
        return CorruptMedia("The file is damaged in a way that its decoder does not survive.")


def _send(pipe: IO[bytes], value: object) -> None:
    """A pickle, then its array buffers as they are."""
    buffers: list[pickle.PickleBuffer] = []
    head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    raws = [buffer.raw() for buffer in buffers]
    pipe.write(_LENGTH.pack(len(raws)))
    for part in (head, *raws):
        pipe.write(_LENGTH.pack(len(part)))
        pipe.write(part)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> object:
    """What `_send` wrote at the other end.

    Raises:
        EOFError: the other end is gone.
    """
    count = _number(pipe)
    head, *buffers = [_exactly(pipe, _number(pipe)) for _ in range(count + 1)]
    return pickle.loads(head, buffers=buffers)


def _number(pipe: IO[bytes]) -> int:
    return int(_LENGTH.unpack(_exactly(pipe, _LENGTH.size))[0])


def _exactly(pipe: Any, size: int) -> bytearray:
    data = bytearray(size)
    view, filled = memoryview(data), 0
    while filled < size:
        read = pipe.readinto(view[filled:])
        if not read:
            raise EOFError
        filled += read
    return data


def _serve(limits: DecodeSettings) -> None:
    """The child's life: one file after the other until the parent closes the pipe or dies."""
    from pipeline.decode import decode

    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a codec prints must not land among the answers
    while True:
        try:
            source = _receive(requests)
        except EOFError:
            return
        assert isinstance(source, Path | bytes)
        signal.alarm(int(_ORPHAN_FACTOR * limits.timeout_seconds) + 1)
        _send(answers, _attempt(partial(decode, source, limits)))
        signal.alarm(0)


def _attempt(decode: Callable[[], Decoded]) -> Decoded | Exception:
    try:
        return decode()
    except MemoryError:
        return MediaTooLarge("Opening the file takes more memory than is allowed.")
    except (MediaError, FileNotFoundError) as error:
        return error.with_traceback(None)


def _confine(limits: DecodeSettings) -> None:
    """Get no more memory than allowed, and leave no core file."""
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    settings = DecodeSettings.model_validate_json(sys.argv[1])
    _confine(settings)
    import cv2

    cv2.setNumThreads(1)
    _serve(settings)
