"""A dataset folder as the Hugging Face library loads it: `imagefolder`, `audiofolder` or `videofolder`."""

from pathlib import Path
from typing import Any

import yaml

from api.exports.archives import Archive
from api.exports.lines import Lines
from api.exports.records import file_name, record, to_line
from api.tables import File, Job

FOLDER = "data/train"
METADATA = "metadata.jsonl"
_TASKS = {"image": "image-classification", "audio": "automatic-speech-recognition", "video": "video-classification"}


class HuggingFace:
    """`data/train/` with the files and their `metadata.jsonl`, and a dataset card beside `data/`."""

    def __init__(self, archive: Archive, scratch: Path, job: Job) -> None:
        self._archive = archive
        self._job = job
        self._rows = Lines(scratch / METADATA)

    def add(self, file: File, content: Path) -> None:
        name = file_name(file)
        self._archive.add_path(f"{FOLDER}/{name}", content)
        self._rows.append(to_line(columns(file, name)))

    def finish(self) -> None:
        self._archive.add_path(f"{FOLDER}/{METADATA}", self._rows.path)
        self._archive.add_text("README.md", card(self._job, self._rows.count))


def columns(file: File, name: str) -> dict[str, Any]:
    """A row of the dataset.

    Arrow needs one type for each column over all rows. What the models saw has no such type, so `annotations` and
    `score_breakdown` are JSON text, and what is most wanted of them has columns of its own.
    """
    annotations = file.annotations or {}
    labels = [found["label"] for found in annotations.get("object_labels") or ()]
    return record(file, name) | {
        "score_breakdown": to_line(file.score_breakdown),
        "annotations": to_line(file.annotations),
        "labels": list(dict.fromkeys(labels)),
        "text": annotations.get("ocr_text") or "",
        "transcript": annotations.get("transcript") or "",
        "language": annotations.get("language") or "",
    }


def card(job: Job, file_count: int) -> str:
    """README.md: what the Hub and the library read in front, and the job's own words."""
    front = {
        "pretty_name": job.title,
        "task_categories": [_TASKS[job.content_type]],
        "configs": [{"config_name": "default", "data_dir": "data"}],
    }
    quoted = "\n".join(f"> {line}" for line in job.description.splitlines())
    return (
        f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---\n\n# {' '.join(job.title.split())}\n\n"
        f"{quoted}\n\n{file_count} files of job `{job.id}`, collected, scored and annotated by Assay. "
        "`annotations` and `score_breakdown` are JSON text.\n"
    )
