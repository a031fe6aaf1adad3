"""What every layout of a dataset does."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from api.exports.archives import Archive
from api.tables import File, Job
from pipeline.media import ContentType


class Layout(Protocol):
    """Arranges files in an archive. All files come through `add`, then `finish` is called once."""

    def add(self, file: File, content: Path) -> None:
        """A file and its content, which is removed afterwards."""

    def finish(self) -> None:
        """Add what is only known at the end."""


@dataclass(frozen=True, slots=True)
class Format:
    """One value of `Export.format`."""

    extension: str
    mime_type: str
    content_types: frozenset[ContentType]
    """Of the jobs whose files it can hold."""
    archive: Callable[[Path], Archive]
    """Creates the file at a path."""
    layout: Callable[[Archive, Path, Job], Layout]
    """Gets an empty folder for what it cannot write into the archive yet."""
