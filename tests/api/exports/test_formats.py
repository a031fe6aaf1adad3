"""Archives of real pictures and sounds, loaded by the libraries that they are for, as docs/exports.md shows it."""

import hashlib
import json
import re
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from api.exports.exporter import Exporter
from api.services import Services
from api.tables import File
from tests import media
from tests.api.conftest import Client
from tests.api.delivered import add_file, post_job
from tests.api.exports.conftest import Ask, Read

pytestmark = pytest.mark.anyio

DOCS = Path(__file__).parents[3] / "docs" / "exports.md"
SCORE = {"relevance": 4.5, "quality": 5, "reasons": [], "evidence": {"models": {"text": 0.25}}}


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder, in which the `datasets` library keeps its cache too; that one is where scripts/setup put it."""
    folder = tmp_path / "user"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(f"{sys.prefix}/apart")
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", folder / "cache")
    return folder


def described(**more: Any) -> dict[str, Any]:
    """Annotations whose shapes differ from file to file, as they do."""
    return {
        "object_labels": [
            {"label": "cup", "confidence": 0.9, "box": [10, 20, 110, 220]},
            {"label": "gone", "confidence": 0.5, "box": [5, 5, 5, 9]},
            {"label": "espresso", "confidence": 0.7},
        ],
        "ocr_text": "Café — 3,50 €",
        "ocr_words": [{"text": "Café", "confidence": 0.8, "box": [1, 2, 31, 12]}],
        "safety": {"weapon": 0.0},
    } | more


@pytest.fixture
async def files(services: Services, organization: Client, job_id: str) -> list[File]:
    """Three delivered pictures, and one that was rejected."""
    other = {
        "object_labels": [{"label": "cat", "confidence": 1, "box": [0, 0, 451, 300]}],
        "scene": None,
        "ocr_words": [],
    }
    annotations = [described(), other, None]
    contents = [("coffee.png", "jpeg"), ("chelsea.png", "png"), ("astronaut.png", "jpeg")]
    made = []
    for (name, format), found in zip(contents, annotations, strict=True):
        facts = {"annotations": found, "score_breakdown": SCORE, "filename": "../../../etc/passwd"}
        content = media.image(format, media.photo(name))
        made.append(await add_file(services, organization, job_id, content, format=format, **facts))
    await add_file(services, organization, job_id, b"no picture", format="png", status="rejected", score=2)
    return made


async def exported(exporter: Exporter, ask: Ask, read: Read, services: Services, job_id: str, format: str) -> Path:
    """The archive as a client downloads it."""
    export_id = (await ask(job_id, format))["id"]
    assert await exporter.step()
    export = await read(export_id)
    assert export["status"] == "completed", export
    stored = services.store.local_path(httpx.URL(export["download_url"]).path.removeprefix("/v1/store/"))
    assert stored is not None
    path = Path(f"export.{'tar' if format == 'webdataset' else 'zip'}")
    path.write_bytes(stored.read_bytes())
    assert (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest()) == (
        export["size_bytes"],
        export["sha256"],
    )
    return path


@pytest.fixture
async def make(exporter: Exporter, ask: Ask, read: Read, services: Services) -> Any:
    async def export(job_id: str, format: str) -> Path:
        return await exported(exporter, ask, read, services, job_id, format)

    return export


def run_docs(section: str, tag: str = "python") -> dict[str, Any]:
    """Run the code block of a section of docs/exports.md; what its names stand for at the end."""
    (text,) = re.findall(rf"^## `{section}`\n(.*?)(?=^## )", DOCS.read_text(encoding="utf-8"), re.M | re.S)
    (code,) = re.findall(rf"^```{tag}\n(.*?)^```", text, re.M | re.S)
    names: dict[str, Any] = {}
    exec(compile(code, f"{DOCS.name} {section}", "exec"), names)
    return names


def sha256s(files: list[File]) -> list[str]:
    return [file.sha256 or "" for file in files]


async def test_jsonl_has_every_file_with_everything_known_of_it(make: Any, job_id: str, files: list[File]) -> None:
    path = await make(job_id, "jsonl")
    names = run_docs("jsonl")

    records = names["records"]
    assert [r["id"] for r in records] == [file.id for file in files]
    assert [r["sha256"] for r in records] == sha256s(files)
    first = records[0]
    assert (first["job_id"], first["submission_id"], first["score"]) == (job_id, files[0].submission_id, 5)
    assert (first["score_breakdown"], first["annotations"], first["filename"]) == (
        SCORE,
        described(),
        files[0].filename,
    )
    assert hashlib.sha256(names["content"]).hexdigest() == files[0].sha256
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
        assert set(archive.namelist()) == {"annotations.jsonl", *(record["file_name"] for record in records)}
        for record in records:
            assert hashlib.sha256(archive.read(record["file_name"])).hexdigest() == record["sha256"]


async def test_coco_loads_with_boxes_and_categories(make: Any, job_id: str, files: list[File]) -> None:
    await make(job_id, "coco")
    coco = run_docs("coco")["coco"]

    images = coco.loadImgs(coco.getImgIds())
    assert [image["file_id"] for image in images] == [file.id for file in files]
    for image, file in zip(images, files, strict=True):
        content = (Path("dataset/images") / image["file_name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file.sha256
    assert {c["name"]: c["supercategory"] for c in coco.loadCats(coco.getCatIds())} == {
        "cup": "object", "ocr_word": "text", "cat": "object",
    }  # fmt: skip
    cup, word = coco.loadAnns(coco.getAnnIds(imgIds=images[0]["id"]))
    assert (cup["bbox"], cup["area"], cup["score"]) == ([10, 20, 100, 200], 20_000, 0.9)
    assert (word["bbox"], word["text"]) == ([1, 2, 30, 10], "Café")
    assert len(coco.getAnnIds(catIds=coco.getCatIds(catNms=["cat"]))) == 1
    assert coco.getAnnIds(imgIds=images[2]["id"]) == []


async def test_coco_boxes_can_be_evaluated(make: Any, job_id: str, files: list[File]) -> None:
    """The boxes as their own detections: a perfect detector by COCO's own measure."""
    from pycocotools.cocoeval import COCOeval

    await make(job_id, "coco")
    truth = run_docs("coco")["coco"]
    found = truth.loadRes([dict(box) for box in truth.loadAnns(truth.getAnnIds())])
    evaluation = COCOeval(truth, found, "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    assert evaluation.stats[0] == pytest.approx(1)


async def test_webdataset_loads_as_pairs(make: Any, job_id: str, files: list[File]) -> None:
    import webdataset

    await make(job_id, "webdataset")
    samples = run_docs("webdataset")["samples"]
    assert [key for key, _ in samples] == [file.id for file in files]
    assert [record["sha256"] for _, record in samples] == sha256s(files)

    decoded = list(webdataset.WebDataset("export.tar", shardshuffle=False).decode("pil"))
    assert decoded[0]["jpg"].size == (640, 480)
    assert np.array_equal(np.asarray(decoded[1]["png"]), media.photo("chelsea.png"))


async def test_hf_loads_pictures_with_their_columns(make: Any, job_id: str, files: list[File]) -> None:
    await make(job_id, "hf")
    names = run_docs("hf")

    train = names["train"]
    assert train["id"] == [file.id for file in files]
    assert names["picture"].size == (640, 480)
    assert np.array_equal(np.asarray(train[1]["image"]), media.photo("chelsea.png"))
    assert names["annotations"] == described()
    assert json.loads(train[2]["annotations"]) is None
    assert (train[0]["labels"], train[2]["labels"]) == (["cup", "gone", "espresso"], [])
    assert train[0]["text"] == "Café — 3,50 €"


async def test_hf_folder_is_read_by_its_card_too(make: Any, job_id: str, files: list[File]) -> None:
    from datasets import load_dataset

    await make(job_id, "hf")
    zipfile.ZipFile("export.zip").extractall("dataset")
    train = load_dataset("dataset", split="train")
    assert train["sha256"] == sha256s(files)
    assert "# Menus\n\n> Photos of menus with readable prices" in Path("dataset/README.md").read_text(encoding="utf-8")


async def test_hf_loads_sounds(make: Any, http: httpx.AsyncClient, services: Services, organization: Client) -> None:
    job_id = await post_job(http, organization.headers, file_formats=["wav", "m4a"])
    for format in ("wav", "m4a"):
        content = media.audio(format, media.tone(1.0))
        facts = {"duration_seconds": 1.0, "annotations": {"transcript": f"a tone in {format}", "segments": []}}
        await add_file(services, organization, job_id, content, format=format, **facts)
    await make(job_id, "hf")

    names = run_docs("hf", "python audio")
    assert names["train"]["transcript"] == ["a tone in wav", "a tone in m4a"]
    samples, rate_hz = soundfile.read(names["path"])
    assert (len(samples), rate_hz) == (48_000, 48_000)


async def test_hf_loads_videos(make: Any, http: httpx.AsyncClient, services: Services, organization: Client) -> None:
    from datasets import Video, load_dataset

    job_id = await post_job(http, organization.headers, file_formats=["mp4"])
    file = await add_file(
        services, organization, job_id, media.video("mp4", media.footage()), format="mp4", duration_seconds=3.0
    )
    await make(job_id, "hf")
    zipfile.ZipFile("export.zip").extractall("dataset")
    train = load_dataset("videofolder", data_dir="dataset", split="train").cast_column("video", Video(decode=False))
    content = Path(train[0]["video"]["path"]).read_bytes()
    assert (train[0]["id"], hashlib.sha256(content).hexdigest()) == (file.id, file.sha256)


@pytest.mark.parametrize("format", ["jsonl", "coco", "webdataset", "hf"])
async def test_no_name_in_an_archive_is_of_a_persons_making(
    make: Any, job_id: str, files: list[File], format: str
) -> None:
    path = await make(job_id, format)
    if format == "webdataset":
        with tarfile.open(path) as archive:
            names = archive.getnames()
    else:
        names = zipfile.ZipFile(path).namelist()
    file = r"(media/|images/|data/train/)?file_[0-9A-Z]{26}\.(jpg|png|json)"
    table = r"annotations\.jsonl?|data/train/metadata\.jsonl|README\.md"
    assert [name for name in names if not re.fullmatch(f"{file}|{table}", name)] == []


async def test_a_job_without_files_makes_an_empty_dataset(make: Any, job_id: str) -> None:
    await make(job_id, "coco")
    assert run_docs("coco")["coco"].imgs == {}
    with tarfile.open(await make(job_id, "webdataset")) as archive:
        assert archive.getnames() == []
    for format, name in (("jsonl", "annotations.jsonl"), ("hf", "data/train/metadata.jsonl")):
        assert zipfile.ZipFile(await make(job_id, format)).read(name) == b""
