"""The process that makes renditions, see `pipeline.media_worker`. What it writes goes to the engine, piece by piece."""

import io
from pathlib import Path
from typing import Any

from api.files.rendition import render
from configs.settings import DecodeSettings
from pipeline.media import PictureSize
from pipeline.media_worker import Send, run

PIECE_BYTES = 1 << 20


def answer(request: tuple[Path, str, bool], _limits: DecodeSettings, send: Send) -> PictureSize | None:
    """Send the rendition as pieces of (offset, bytes), which may overlap: an index is filled in at the end."""
    path, format, keep_location = request
    with io.BufferedWriter(_Sent(send), PIECE_BYTES) as out:
        return render(path, out, format=format, keep_location=keep_location)


class _Sent(io.RawIOBase):
    """A file that is written elsewhere: this process may not write to any."""

    def __init__(self, send: Send) -> None:
        self._send, self._at, self._size_bytes = send, 0, 0

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._send((self._at, piece))
        self._at += len(piece)
        self._size_bytes = max(self._size_bytes, self._at)
        return len(piece)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size_bytes}[whence]
        return self._at


if __name__ == "__main__":
    run(answer)
