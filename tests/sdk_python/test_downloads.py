"""Downloads through a bad line: whole and right under their final names, or not there."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from assay_sdk import AssayError, ConnectionFailed, DownloadFailed, DownloadProgress, RetryPolicy, print_progress
from assay_sdk.delivery import file_name
from assay_sdk.partial_file import PartialFile
from assay_sdk.types import File, Job

from tests.api.server import RunningServer
from tests.sdk_python.conftest import JOB, Call, caller, new_picture
from tests.sdk_python.proxy import Exchange, Fault, FaultProxy, answering, corrupting, cut_after, reset_before, slow

COUNT = 4
BODY = "GET /v1/store/"
LINE: dict[str, list[Fault]] = {
    "reset": [reset_before],
    "cut": [cut_after(100)],
    "cut at once": [cut_after(0)],
    "cut again and again": [cut_after(100), cut_after(100), cut_after(100), cut_after(0), reset_before],
    "503": [answering(503, "0")],
    "429": [answering(429, "1")],
    "stuck": [slow(3.0)],
    "expired": [answering(403)],
    "expired and cut": [cut_after(50), answering(403), cut_after(60), answering(400)],
    "another file": [corrupting],
    "a part of another file": [cut_after(100), corrupting],
    "range refused": [cut_after(100), answering(416)],
}


@pytest.fixture(scope="module")
def job(far_server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """With some files."""
    near = caller("sync", far_server.api_key, far_server.url)
    made: Job = near("jobs.create", **JOB | {"quantity": 20})
    for _ in range(COUNT):
        near("submissions.upload", made.id, new_picture(tmp_path_factory.mktemp("sent")))
    return made


def is_right(folder: Path, job: Job, near: Call) -> bool:
    """Whether there are all files of the job, each what it should be, their annotations, and nothing else."""
    files: list[File] = near("files.list", job_id=job.id).data
    lines = [json.loads(line) for line in (folder / "annotations.jsonl").read_text().splitlines()]
    assert [line["file_name"] for line in lines] == [file_name(file) for file in files]
    for file in files:
        assert hashlib.sha256((folder / file_name(file)).read_bytes()).hexdigest() == file.sha256
    return {path.name for path in folder.iterdir()} == {"annotations.jsonl"} | {file_name(file) for file in files}


@pytest.fixture
def near(far_server: RunningServer) -> Call:
    return caller("sync", far_server.api_key, far_server.url)


@pytest.mark.parametrize("faults", LINE.values(), ids=LINE)
def test_all_of_it_arrives(
    far_call: Call, near: Call, proxy: FaultProxy, job: Job, tmp_path: Path, faults: list[Fault]
) -> None:
    with proxy.faults(BODY, *faults):
        far_call("files.download_all", job_id=job.id, output_dir=tmp_path, max_parallel=1)
    assert is_right(tmp_path, job, near)


def test_side_by_side(far_call: Call, near: Call, proxy: FaultProxy, job: Job, tmp_path: Path) -> None:
    faults = [fault for line in LINE.values() for fault in line if fault is not corrupting]
    with proxy.faults(BODY, *faults[:10]):
        far_call("files.download_all", job_id=job.id, output_dir=tmp_path, max_parallel=3)
    assert is_right(tmp_path, job, near)


def test_what_was_cut_off_goes_on_where_it_ended(
    far_server: RunningServer, near: Call, proxy: FaultProxy, job: Job, tmp_path: Path
) -> None:
    """The first run ends in the middle; the second asks for the rest of that file, and for none that is there."""
    asked: list[bytes] = []

    def noting(exchange: Exchange) -> None:
        asked.append(exchange.request)
        exchange.client.sendall(exchange.forward())

    weary = caller("sync", far_server.api_key, proxy.url, retry=RetryPolicy(max_retries=0))
    give_up = [noting, cut_after(100), reset_before, reset_before]
    with proxy.faults(BODY, *give_up), pytest.raises(DownloadFailed, match=f"{COUNT - 1} of {COUNT}") as failed:
        weary("files.download_all", job_id=job.id, output_dir=tmp_path, max_parallel=1)
    files = near("files.list", job_id=job.id).data
    assert set(failed.value.failures) == {file.id for file in files[1:]}
    assert all(isinstance(error, ConnectionFailed) for error in failed.value.failures.values())
    assert [path.name for path in tmp_path.glob("*.png")] == [file_name(files[0])]
    assert [json.loads(line)["id"] for line in (tmp_path / "annotations.jsonl").open()] == [files[0].id]

    asked.clear()
    with proxy.faults(BODY, *[noting] * (COUNT - 1)) as seen:
        weary("files.download_all", job_id=job.id, output_dir=tmp_path, max_parallel=1)
    assert sum(line.startswith(BODY) for line in seen) == COUNT - 1
    ranges = [re.findall(rb"\r\nrange: *(\S+)", request.lower()) for request in asked]
    assert ranges == [[b"bytes=100-"], [], []]
    assert is_right(tmp_path, job, near)

    with proxy.faults(BODY) as seen:
        weary("files.download_all", job_id=job.id, output_dir=tmp_path)
    assert not any(line.startswith(BODY) for line in seen)


def test_what_is_wrong_twice_gets_no_name(
    far_call: Call, near: Call, proxy: FaultProxy, job: Job, tmp_path: Path
) -> None:
    with proxy.faults(BODY, corrupting, corrupting), pytest.raises(DownloadFailed, match=r"1 of 4.*SHA-256"):
        far_call("files.download_all", job_id=job.id, output_dir=tmp_path, max_parallel=1)
    assert len(list(tmp_path.glob("*.png"))) == COUNT - 1
    far_call("files.download_all", job_id=job.id, output_dir=tmp_path)
    assert is_right(tmp_path, job, near)


def test_a_file_that_somebody_changed_is_fetched_again(far_call: Call, near: Call, job: Job, tmp_path: Path) -> None:
    far_call("files.download_all", job_id=job.id, output_dir=tmp_path)
    path = next(tmp_path.glob("*.png"))
    path.write_bytes(bytes(path.stat().st_size))
    far_call("files.download_all", job_id=job.id, output_dir=tmp_path)
    assert is_right(tmp_path, job, near)


def test_progress_ends_where_it_should(
    far_call: Call, near: Call, proxy: FaultProxy, job: Job, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[DownloadProgress] = []

    def show(progress: DownloadProgress) -> None:
        told.append(progress)
        print_progress(progress)

    with proxy.faults(BODY, cut_after(100), corrupting):
        far_call("files.download_all", job_id=job.id, output_dir=tmp_path, on_progress=show)
    size = sum(file.size_bytes for file in near("files.list", job_id=job.id).data)
    assert told[-1] == DownloadProgress(COUNT, COUNT, size, size)
    assert all(0 <= one.bytes_done <= size for one in told)
    assert capsys.readouterr().err.endswith(f"{COUNT}/{COUNT} files, {size / 1e6:.1f}/{size / 1e6:.1f} MB\n")


def test_urls_that_run_out_are_signed_anew(
    near: Call, far_call: Call, proxy: FaultProxy, job: Job, tmp_path: Path
) -> None:
    (file, *_) = near("files.list", job_id=job.id).data
    with proxy.faults(BODY, answering(403)) as seen:
        far_call("files.download", file.id, tmp_path)
    assert f"POST /v1/files/{file.id}/refresh_url" in seen
    with proxy.faults(BODY, answering(403), answering(403)), pytest.raises(AssayError, match="403"):
        far_call("files.download", file.id, tmp_path / "again.png")
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")} == {file_name(file)}


def test_an_export_comes_the_same_way(near: Call, far_call: Call, proxy: FaultProxy, job: Job, tmp_path: Path) -> None:
    export = near("exports.wait", near("exports.create", job.id, format="jsonl").id, timeout_seconds=60)
    with proxy.faults(BODY, cut_after(500), answering(403), reset_before):
        path = far_call("exports.download", export.id, tmp_path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() == export.sha256


def test_what_is_not_approved_has_no_content(near: Call, far_call: Call, tmp_path: Path) -> None:
    job = near("jobs.create", **JOB)
    decided = near("submissions.upload", job.id, new_picture(tmp_path, 1))
    with pytest.raises(DownloadFailed, match="is rejected"):
        far_call("files.download", decided.file_id, tmp_path)


def test_a_full_disk_ends_all_of_it(far_call: Call, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: PartialFile, chunk: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(PartialFile, "write", full)
    with pytest.raises(OSError, match="No space"):
        far_call("files.download_all", job_id=job.id, output_dir=tmp_path)
    assert not list(tmp_path.glob("*.png"))


def test_none_at_a_time(far_call: Call, job: Job, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="at least 1, got 0"):
        far_call("files.download_all", job_id=job.id, output_dir=tmp_path, max_parallel=0)


@pytest.mark.parametrize("change", [{"id": "../../etc/passwd"}, {"id": ""}, {"format": "png/../x"}, {"id": "a.b"}])
def test_names_stay_in_the_folder(near: Call, job: Job, change: dict[str, Any]) -> None:
    (file, *_) = near("files.list", job_id=job.id).data
    with pytest.raises(DownloadFailed, match="is no name"):
        file_name(file.model_copy(update=change))


def part_of(folder: Path, content: bytes) -> PartialFile:
    return PartialFile(folder / "a.bin", size_bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def test_a_part_that_was_left_behind(tmp_path: Path) -> None:
    with part_of(tmp_path, b"abcdef") as part:
        part.write(b"abc")
    assert [path.name for path in tmp_path.iterdir()] == [".a.bin.part"]
    with part_of(tmp_path, b"abcdef") as part:
        assert (part.received_bytes, part.is_full) == (3, False)
        part.write(b"def")
        assert part.is_right()
        part.finish()
    assert (tmp_path / "a.bin").read_bytes() == b"abcdef"
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


@pytest.mark.parametrize("left", [b"abcdefg", b"abcdex", b"xyz"])
def test_a_part_of_something_else(tmp_path: Path, left: bytes) -> None:
    (tmp_path / ".a.bin.part").write_bytes(left)
    with part_of(tmp_path, b"abcdef") as part:
        part.write(b"abcdef"[part.received_bytes :])
        assert part.is_right() is (len(left) > 6)


def test_more_than_a_file_has(tmp_path: Path) -> None:
    with part_of(tmp_path, b"abc") as part, pytest.raises(DownloadFailed, match="more than the 3 bytes"):
        part.write(b"abcd")
