"""Logs as lines of JSON, with what the call added as fields of their own."""

import json
import logging
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any, TextIO

from configs.settings import Settings

_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One object a line: `at`, `level`, `logger`, `message`, the extra fields, and `error` with the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


class WholeLines(logging.Handler):
    """Appends lines to a file that several processes write. What the disk has no room for goes elsewhere."""

    def __init__(self, path: Path, elsewhere: TextIO) -> None:
        super().__init__()
        self._path = path
        self._elsewhere = elsewhere

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = f"{self.format(record)}\n"
            if not self._append(line.encode(errors="backslashreplace")):
                self._elsewhere.write(line)
        except (OSError, TypeError, ValueError):
            self.handleError(record)

    def _append(self, line: bytes) -> bool:
        """Whether all of it was written; after a piece of one, whoever's, it begins with a new line.

        The file is opened for each, as who rotates logs moves it away, or its folder.
        """
        with suppress(OSError), self._open() as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - 1))
            content = line if file.read(1) in (b"", b"\n") else b"\n" + line
            return file.write(content) == len(content)
        return False

    def _open(self) -> FileIO:
        try:
            return self._path.open("a+b", buffering=0)
        except FileNotFoundError:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            return self._path.open("a+b", buffering=0)


def log_as_json(settings: Settings) -> None:
    """Send all below `assay` to `state_dir/logs/assay.jsonl` (or to stderr, where `api.log_to_stderr` says so)."""
    root = logging.getLogger("assay")
    if root.handlers:
        return
    stderr = _stderr(settings.api.stderr_of)
    handler: logging.Handler = logging.StreamHandler(stderr)
    if not settings.api.log_to_stderr:
        handler = WholeLines(settings.state_dir / "logs" / "assay.jsonl", stderr)
    handler.setFormatter(JsonLines())
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    root.propagate = False


def _stderr(process: int | None) -> TextIO:
    if process is None:
        return sys.stderr
    try:
        return open(f"/proc/{process}/fd/2", "a", encoding="utf-8", buffering=1)
    except OSError:
        return sys.stderr
