"""Exports: every method of both clients against a real server; a test is named for its method."""

import io
import zipfile
from pathlib import Path

from tests.api.server import RunningServer
from tests.sdk_python.conftest import JOB, Call, deliver


def test_exports_create(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path)
    made = call("exports.create", job.id, format="jsonl")
    assert (made.job_id, made.format, made.download_url) == (job.id, "jsonl", None)


def test_exports_get(call: Call) -> None:
    job = call("jobs.create", **JOB)
    made = call("exports.create", job.id, format="hf")
    assert call("exports.get", made.id).id == made.id


def test_exports_list(call: Call) -> None:
    job = call("jobs.create", **JOB)
    made = [call("exports.create", job.id, format=format).id for format in ("jsonl", "coco")]
    assert [one.id for one in call("exports.list", job.id).data] == made[::-1]


def test_exports_wait(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path)
    made = call("exports.create", job.id, format="jsonl")
    ready = call("exports.wait", made.id, timeout_seconds=60)
    assert (ready.status, ready.file_count) == ("completed", 1)


def test_exports_download(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path)
    made = call("exports.wait", call("exports.create", job.id, format="jsonl").id, timeout_seconds=60)
    path = call("exports.download", made.id, tmp_path)
    assert path.name == f"{job.id}-jsonl.zip"
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        assert any(name.endswith(".png") for name in archive.namelist())
