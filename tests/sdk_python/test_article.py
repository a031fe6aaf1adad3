"""The article's program: a job, files until enough are approved, their download, their annotations."""

import asyncio
import hashlib
import json
import threading
from pathlib import Path

from assay_sdk import AsyncClient, Client, WorkerClient

from tests.api.server import RunningServer
from tests.sdk_python.conftest import deliver, forgive, new_picture


def test_with_only_the_import_changed(server: RunningServer, tmp_path: Path) -> None:
    client = Client(api_key=server.api_key, base_url=server.url)
    job = client.jobs.create(
        title="Coffee shop menus",
        description="Photos of coffee shop menus with readable prices",
        type="data_collection",
        content_type="image",
        file_formats=["jpeg", "png"],
        quantity=5,
        reward_per_file=50,
    )
    assert (job.status, job.quantity, job.held_credits) == ("active", 5, 250)

    crowd = [threading.Thread(target=_work, args=(server, job.id, tmp_path, stars)) for stars in (5, 4, 1, 3, 5)]
    for one in crowd:
        one.start()
    while client.jobs.get(job.id).files_approved < 3:
        client.jobs.wait(job.id, files=3, timeout_seconds=60)
    for one in crowd:
        one.join()

    files = client.files.list(job_id=job.id, status="approved")
    assert sorted(file.score for file in files.data) == [3, 4, 5, 5]
    assert [file.annotations.ocr_text for file in files.data if file.annotations] == ["MENU"] * 4

    client.files.download_all(job_id=job.id, output_dir=str(tmp_path / "menus"))
    lines = [json.loads(line) for line in (tmp_path / "menus" / "annotations.jsonl").read_text().splitlines()]
    assert [line["id"] for line in lines] == [file.id for file in files.data]
    for line in lines:
        content = (tmp_path / "menus" / line["file_name"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == line["sha256"]
        assert line["annotations"] == {"ocr_text": "MENU"}
    assert client.credits.balance().held_credits >= 50
    ended = client.jobs.cancel(job.id)
    assert (ended.spent_credits, ended.held_credits) == (200, 0)
    client.close()
    forgive(server)


async def _the_same_on_asyncio(server: RunningServer, tmp_path: Path) -> list[str]:
    async with AsyncClient(api_key=server.api_key, base_url=server.url) as client:
        job = await client.jobs.create(
            title="Coffee shop menus",
            description="Photos of coffee shop menus with readable prices",
            type="data_collection",
            content_type="image",
            file_formats=["jpeg", "png"],
            quantity=2,
            reward_per_file=50,
        )
        worker = threading.Thread(target=deliver, args=(server, job, tmp_path, 5, 2))
        worker.start()
        job = await client.jobs.wait(job.id, timeout_seconds=60)
        worker.join()
        assert (job.status, job.files_approved) == ("completed", 2)
        files = await client.files.list(job_id=job.id, status="approved")
        delivery = await client.files.download_all(job_id=job.id, output_dir=tmp_path / "menus")
        assert [one.file.id for one in delivery.files] == [file.id for file in files.data]
        return [path.name for path in (tmp_path / "menus").iterdir()]


def test_on_asyncio(server: RunningServer, tmp_path: Path) -> None:
    names = asyncio.run(_the_same_on_asyncio(server, tmp_path))
    assert len(names) == 3
    assert "annotations.jsonl" in names


def _work(server: RunningServer, job_id: str, folder: Path, stars: int) -> None:
    with WorkerClient(token=server.worker_token, base_url=server.url) as worker:
        worker.capture(job_id, new_picture(folder, stars))
