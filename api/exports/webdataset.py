"""Pairs of a file and its `.json` with the same key, as the WebDataset library groups them."""

from pathlib import Path

from api.exports.archives import Archive
from api.exports.records import file_name, record, to_line
from api.tables import File, Job


class WebDataset:
    """Both entries of a sample follow each other, which the readers rely on."""

    def __init__(self, archive: Archive, scratch: Path, job: Job) -> None:
        self._archive = archive

    def add(self, file: File, content: Path) -> None:
        name = file_name(file)
        self._archive.add_path(name, content)
        self._archive.add_text(f"{file.id}.json", to_line(record(file, name)))

    def finish(self) -> None:
        """Every sample is complete by itself."""
