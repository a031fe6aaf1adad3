"""Delivered files: every method of both clients against a real server; a test is named for its method."""

from pathlib import Path

import httpx

from tests.api.server import RunningServer
from tests.sdk_python.conftest import JOB, Call, deliver, forgive


def test_files_list(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path, stars=4)
    deliver(server, job, tmp_path, stars=1)
    forgive(server)
    (good,) = call("files.list", job_id=job.id, status="approved").data
    assert (good.score, good.ai_star_rating, good.width, good.height) == (4, 4, 96, 64)
    assert (good.annotations.ocr_text, good.annotations.object_labels, good.annotations.language) == ("MENU", [], None)
    assert call("files.list", job_id=job.id, min_score=5).data == []
    assert {file.score for file in call("files.list", job_id=job.id).data} == {4, 1}


def test_files_list_of_job(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path, stars=4)
    deliver(server, job, tmp_path, stars=1)
    forgive(server)
    assert [file.status for file in call("files.list_of_job", job.id).data] == ["approved"]
    assert [file.status for file in call("files.list_of_job", job.id, status="rejected").data] == ["rejected"]


def test_files_get(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path)
    (file,) = call("files.list", job_id=job.id).data
    assert call("files.get", file.id).sha256 == file.sha256


def test_files_refresh_url(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path)
    (file,) = call("files.list", job_id=job.id).data
    assert httpx.get(call("files.refresh_url", file.id).download_url).status_code == 200


def test_files_download(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path)
    (file,) = call("files.list", job_id=job.id).data
    assert call("files.download", file.id, tmp_path) == tmp_path / f"{file.id}.png"
    assert call("files.download", file.id, tmp_path / "menu.png").stat().st_size == file.size_bytes


def test_files_download_all(call: Call, server: RunningServer, tmp_path: Path) -> None:
    job = call("jobs.create", **JOB)
    deliver(server, job, tmp_path, count=3)
    delivery = call("files.download_all", job_id=job.id, output_dir=tmp_path / "menus")
    assert len(delivery.files) == 3
    assert all(one.path.stat().st_size == one.file.size_bytes for one in delivery.files)
