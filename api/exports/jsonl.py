"""`annotations.jsonl` beside a folder `media/`."""

from pathlib import Path

from api.exports.archives import Archive
from api.exports.lines import Lines
from api.exports.records import file_name, record, to_line
from api.tables import File, Job

ANNOTATIONS = "annotations.jsonl"


class JsonLines:
    """One line of JSON for each file; its `file_name` is the path in the archive."""

    def __init__(self, archive: Archive, scratch: Path, job: Job) -> None:
        self._archive = archive
        self._records = Lines(scratch / ANNOTATIONS)

    def add(self, file: File, content: Path) -> None:
        name = f"media/{file_name(file)}"
        self._archive.add_path(name, content)
        self._records.append(to_line(record(file, name)))

    def finish(self) -> None:
        self._archive.add_path(ANNOTATIONS, self._records.path)
