"""How far transfers have come, for callbacks."""

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UploadProgress:
    """Of one file on its way to the server. A repeated attempt starts from zero again."""

    sent_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """Of all files of a download."""

    files_done: int
    files_total: int
    bytes_done: int
    """Those that were there before included."""
    bytes_total: int


OnUpload = Callable[[UploadProgress], None]
OnDownload = Callable[[DownloadProgress], None]


def print_progress(progress: DownloadProgress) -> None:
    """A callback that keeps one line on stderr up to date."""
    megabytes, total = progress.bytes_done / 1e6, progress.bytes_total / 1e6
    ended = "\n" if progress.files_done == progress.files_total else ""
    line = f"\r{progress.files_done}/{progress.files_total} files, {megabytes:.1f}/{total:.1f} MB"
    print(line, end=ended, file=sys.stderr, flush=True)


class DownloadMeter:
    """Adds up what parallel downloads report, and calls back one at a time."""

    def __init__(self, files_total: int, bytes_total: int, on_progress: OnDownload | None) -> None:
        self._progress = DownloadProgress(0, files_total, 0, bytes_total)
        self._on_progress = on_progress
        self._lock = threading.Lock()

    def add(self, *, count_bytes: int = 0, files: int = 0) -> None:
        """So much more is done; a download that starts over takes its bytes back."""
        with self._lock:
            at = self._progress
            self._progress = DownloadProgress(
                at.files_done + files, at.files_total, at.bytes_done + count_bytes, at.bytes_total
            )
            if self._on_progress is not None:
                self._on_progress(self._progress)
