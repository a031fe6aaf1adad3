"""Renditions in child processes that can be killed: of a stranger's file the API itself parses nothing."""

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, BinaryIO

from configs.settings import DecodeSettings
from models.weights import sha256_of
from pipeline.media import MIME_TYPES, CorruptMedia, MediaError, MediaTooLarge, PictureSize
from pipeline.media_process import MediaProcesses

TIMES_DECODING = 4
"""How much longer than decoding a rendition may take: it is decoded whole and encoded."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """A file that was made to be delivered."""

    size_bytes: int
    sha256: str
    """Lower-case hexadecimal."""
    picture: PictureSize | None
    """`None` for sound and video."""


class Renderer:
    """Makes renditions in as many processes as there are for decoding, started with the first file."""

    def __init__(self, limits: DecodeSettings) -> None:
        changed = {"timeout_seconds": limits.timeout_seconds * TIMES_DECODING, "video_device": "cpu"}
        self._limits = DecodeSettings(**limits.model_dump() | changed)
        self._threads = ThreadPoolExecutor(limits.workers, "render")
        """Those of `asyncio` are for others too."""

    async def render(self, path: Path, out: Path, *, format: str, keep_location: bool) -> Rendition:
        """Make the file at `out` as `api.files.rendition.render` does, within limits of time and memory.

        Raises:
            MediaError: the file is damaged, over a limit, or ends its process twice.
            ProcessKilled: the machine ended the process twice.
        """
        job = partial(_render, self._processes, path, out, format, keep_location)
        return await asyncio.get_running_loop().run_in_executor(self._threads, job)

    async def close(self) -> None:
        """End the processes, after the files that they are at."""
        if "_processes" in self.__dict__:
            await asyncio.to_thread(self._processes.close)
        self._threads.shutdown(wait=False)

    @cached_property
    def _processes(self) -> "_RenderProcesses":
        return _RenderProcesses(self._limits)


class _RenderProcesses(MediaProcesses):
    worker = "api.files.render_worker"

    def render(self, path: Path, out: Path, format: str, keep_location: bool) -> PictureSize | None:
        request = (path.absolute(), format, keep_location)
        with out.open("wb") as file:
            size: PictureSize | None = self._run(request, path.stat().st_size, lambda: self._writer(file))
        return size

    def _writer(self, file: BinaryIO) -> "_Writer":
        file.truncate(0)
        return _Writer(file, 2 * self._limits.max_size_bytes)


class _Writer:
    """Puts the pieces that a process sends into a file; a decoder that was taken over may send anything."""

    def __init__(self, file: BinaryIO, max_bytes: int) -> None:
        self._file, self._max_bytes = file, max_bytes

    def __call__(self, answer: Any) -> bool:
        match answer:
            case (int(at), bytes(piece)) if at >= 0:
                if at + len(piece) > self._max_bytes:
                    raise MediaTooLarge(f"The delivered file would be larger than {self._max_bytes:,} bytes.")
                self._file.seek(at)
                self._file.write(piece)
                return True
            case None | PictureSize() | MediaError():
                return False
            case _:
                raise CorruptMedia("The file makes its decoder answer what it should not.")


def _render(processes: _RenderProcesses, path: Path, out: Path, format: str, keep_location: bool) -> Rendition:
    if keep_location and MIME_TYPES[format][0] != "image":
        shutil.copyfile(path, out)
        size = None
    else:
        size = processes.render(path, out, format, keep_location)
    return Rendition(out.stat().st_size, sha256_of(out), size)
