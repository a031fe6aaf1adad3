"""Values between the engine and a decoding process, arrays as they lie in memory.

A socket with length-prefixed pickles (protocol 5), array buffers out of band: a picture of 2016 × 1512 crosses in a
few milliseconds. What comes back passed through decoders that a hostile file may have taken over, so only the
classes of `pipeline.media` and NumPy's arrays are ever built from it.
"""

import io
import pickle
import socket
import struct
import time
from typing import Any

_LENGTH = struct.Struct("<Q")
_MAX_BUFFERS = 1_000

_ALLOWED = {
    "pipeline.media": None,
    "pathlib": {"PosixPath"},
    "numpy": {"dtype", "ndarray"},
    "numpy._core.numeric": {"_frombuffer"},
    "numpy._core.multiarray": {"_reconstruct"},
}
"""Names that may be unpickled, by module; `None` stands for all that the module defines itself."""


class Channel:
    """One end of the connection. Not for several threads at once."""

    def __init__(self, connection: socket.socket, max_message_bytes: int) -> None:
        self._connection = connection
        self._max_message_bytes = max_message_bytes

    def send(self, value: Any, timeout_seconds: float | None = None) -> None:
        """Send one value.

        Raises:
            OSError: the other end is gone, or does not read in time (`TimeoutError`).
        """
        buffers: list[pickle.PickleBuffer] = []
        head = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
        parts = [memoryview(head), *(buffer.raw() for buffer in buffers)]
        lengths = b"".join(_LENGTH.pack(part.nbytes) for part in parts)
        self._connection.settimeout(timeout_seconds)
        self._connection.sendall(_LENGTH.pack(len(parts)) + lengths)
        for part in parts:
            self._connection.sendall(part)

    def receive(self, timeout_seconds: float | None = None) -> Any:
        """The next value; the memory of its arrays belongs to the caller.

        Raises:
            OSError: the other end broke off, or is not done in time (`TimeoutError`).
            EOFError: the other end is gone.
            pickle.UnpicklingError: the message is none that the other end may send.
        """
        deadline = None if timeout_seconds is None else time.monotonic() + timeout_seconds
        (count,) = _LENGTH.unpack(self._exactly(_LENGTH.size, deadline))
        if not 0 < count <= _MAX_BUFFERS:
            raise pickle.UnpicklingError(f"a message has 1 to {_MAX_BUFFERS} parts, got {count}")
        lengths = [length for (length,) in _LENGTH.iter_unpack(self._exactly(count * _LENGTH.size, deadline))]
        if sum(lengths) > self._max_message_bytes:
            raise pickle.UnpicklingError(f"a message has at most {self._max_message_bytes} bytes, got {sum(lengths)}")
        head, *buffers = [self._exactly(length, deadline) for length in lengths]
        return _MediaUnpickler(io.BytesIO(head), buffers=buffers).load()

    def close(self) -> None:
        self._connection.close()

    def _exactly(self, size_bytes: int, deadline: float | None) -> bytearray:
        data = bytearray(size_bytes)
        view = memoryview(data)
        while view:
            if deadline is not None:
                self._connection.settimeout(max(1e-3, deadline - time.monotonic()))
            received = self._connection.recv_into(view)
            if not received:
                raise EOFError("the other end is gone")
            view = view[received:]
        return data


class _MediaUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        names = _ALLOWED.get(module, set())
        found = super().find_class(module, name) if names is None or name in names else None
        if found is None or (names is None and getattr(found, "__module__", None) != module):
            raise pickle.UnpicklingError(f"{module}.{name} may not come from a decoding process")
        return found
