"""COCO's object detection format: pictures, and boxes with their categories (https://cocodataset.org/#format-data)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from api.clock import iso
from api.exports.archives import Archive
from api.exports.lines import Lines
from api.exports.records import file_name, record, to_line
from api.tables import File, Job

ANNOTATIONS = "annotations.json"
OBJECT, TEXT = "object", "text"
"""Supercategories: what the detector saw, and words that were read."""
WORD_CATEGORY = "ocr_word"

Box = tuple[int, int, int, int]
"""COCO's own: x, y, width, height in pixels."""


class Coco:
    """`annotations.json` beside a folder `images/`. Labels without a box stay in the picture's own record."""

    def __init__(self, archive: Archive, scratch: Path, job: Job) -> None:
        self._archive = archive
        self._path = scratch / ANNOTATIONS
        self._job = job
        self._images = Lines(scratch / "images.jsonl")
        self._annotations = Lines(scratch / "annotations.jsonl")
        self._categories: dict[tuple[str, str], int] = {}

    def add(self, file: File, content: Path) -> None:
        name = file_name(file)
        self._archive.add_path(f"images/{name}", content)
        self._images.append(to_line(record(file, name) | {"id": self._images.count + 1, "file_id": file.id}))
        for entry in _annotations(file.annotations or {}):
            self._annotate(*entry)

    def finish(self) -> None:
        with self._path.open("x", encoding="utf-8") as out:
            out.write(f'{{"info":{to_line(self._info())},"licenses":[],"images":')
            _write_array(out, self._images)
            out.write(',"annotations":')
            _write_array(out, self._annotations)
            out.write(f',"categories":{to_line(self._listed_categories())}}}')
        self._archive.add_path(ANNOTATIONS, self._path)

    def _annotate(self, supercategory: str, name: str, box: Box, extra: dict[str, Any]) -> None:
        category_id = self._categories.setdefault((supercategory, name), len(self._categories) + 1)
        entry = {
            "id": self._annotations.count + 1,
            "image_id": self._images.count,
            "category_id": category_id,
            "bbox": box,
            "area": box[2] * box[3],
            "iscrowd": 0,
            "segmentation": [],
        }
        self._annotations.append(to_line(entry | extra))

    def _info(self) -> dict[str, Any]:
        job = self._job
        return {
            "description": job.title,
            "job_id": job.id,
            "year": job.created_at.year,
            "date_created": iso(job.created_at),
        }

    def _listed_categories(self) -> list[dict[str, Any]]:
        return [
            {"id": number, "name": name, "supercategory": supercategory}
            for (supercategory, name), number in self._categories.items()
        ]


def _write_array(out: TextIO, lines: Lines) -> None:
    """The lines as a JSON array, without having all of them in memory."""
    out.write("[")
    with lines.path.open(encoding="utf-8") as entries:
        for number, entry in enumerate(entries):
            out.write(("," if number else "") + entry)
    out.write("]")


def _annotations(annotations: dict[str, Any]) -> Iterator[tuple[str, str, Box, dict[str, Any]]]:
    """Supercategory, category, box and further fields of everything that has a place in the picture."""
    for found in annotations.get("object_labels") or ():
        if box := _box(found.get("box")):
            yield OBJECT, found["label"], box, {"score": found["confidence"]}
    for word in annotations.get("ocr_words") or ():
        if box := _box(word.get("box")):
            yield TEXT, WORD_CATEGORY, box, {"score": word["confidence"], "text": word["text"]}


def _box(corners: list[int] | None) -> Box | None:
    """Of our `[x_min, y_min, x_max, y_max]`; `None` without a box, or for one that rounding left empty."""
    if corners is None:
        return None
    x_min, y_min, x_max, y_max = corners
    width, height = x_max - x_min, y_max - y_min
    return (x_min, y_min, width, height) if width > 0 and height > 0 else None
