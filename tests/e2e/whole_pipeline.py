"""From a posted job to a dataset, over the real stack with all its models: a picture, a sound and a film."""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
from firsthandapi import verify_webhook_signature

from scripts import demo_media as media
from tests.api.scripted import picture
from tests.api.webhooks.receiver import Receiver
from tests.e2e.assay_up import RealStack, assay_up

WAIT_SECONDS = 300
POLL_SECONDS = 0.2
LEFT = 24


def main() -> dict[str, Any]:
    """What came of it, for the test to look at."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        with assay_up(Path(folder)) as running:
            found = asyncio.run(_story(running))
        return found | {"tries_of_what_was_left": _tries_of_pending(Path(folder) / "assay.db")}


async def _story(running: RealStack) -> dict[str, Any]:
    receiver = Receiver()
    async with receiver.up(), httpx.AsyncClient(base_url=running.url, headers=running.headers, timeout=60) as http:
        secret = (await _post(http, "/v1/webhook_endpoints", url=receiver.url))["secret"]
        jobs = [await _deliver(http, running, kind, make()) for kind, make in FILES.items()]
        files = [file for job_id in jobs for file in await _files(http, job_id)]
        sizes = [len((await http.get(file["download_url"])).content) for file in files]
        found = await _get(http, "/v1/search", q="a cup of coffee")
        export = await _export(http, jobs[0])
        await _until(lambda: _told(receiver, "job.completed") == len(jobs) and _told(receiver, "export.completed"))
        answers = {path: (await http.get(path)).status_code for path in ("/readyz", "/docs", "/metrics")}
        await _leave_work(http)
        return {
            "delivered": [file["content_type"] for file in files],
            "sizes_are_right": sizes == [file["size_bytes"] for file in files],
            "models": sorted({model["role"] for file in files for model in file["annotations"]["models"]}),
            "found": len(found["data"]),
            "exported": export["file_count"],
            "signatures_are_right": all(
                verify_webhook_signature(one.body.decode(), one.headers["x-firsthandapi-signature"], secret)
                for one in receiver.received
            ),
            "answers": answers,
        }


def _film() -> bytes:
    return media.as_mp4([*media.pan(media.photo("coffee.png"), 3)], media.tones(3))


FILES: dict[str, Callable[[], bytes]] = {
    "image": lambda: media.photo_path("skimage", "coffee.png").read_bytes(),
    "audio": lambda: media.as_wav(media.tones(3)),
    "video": _film,
}


async def _deliver(http: httpx.AsyncClient, running: RealStack, kind: str, content: bytes) -> str:
    """A job that one worker fills with one file, whatever its score; its id."""
    job = await _post(
        http,
        "/v1/jobs",
        title=f"One {kind}",
        description="A cup of coffee on a table, or the sound of one",
        content_type=kind,
        quantity=1,
        reward_per_file=10,
        min_star_rating=1,
    )
    async with httpx.AsyncClient(base_url=running.url, headers=running.worker_headers, timeout=60) as worker:
        slot = await _post(worker, f"/v1/worker/jobs/{job['id']}/accept")
        upload = slot["upload"]
        (await worker.put(upload["url"], content=content, headers=upload["headers"])).raise_for_status()
        await _post(worker, f"/v1/worker/submissions/{slot['id']}/submit")
    done = await http.get(f"/v1/jobs/{job['id']}", headers={"Prefer": "wait=60"})
    while done.raise_for_status().json()["status"] == "active":
        done = await http.get(f"/v1/jobs/{job['id']}", headers={"Prefer": "wait=60"})
    return str(job["id"])


async def _leave_work(http: httpx.AsyncClient) -> None:
    """More pictures than are scored before the stack is stopped."""
    wanted = {"description": "A cup of coffee on a table", "content_type": "image", "reward_per_file": 10}
    job = await _post(http, "/v1/jobs", **wanted, quantity=LEFT)
    made = [picture(5, seed=seed, size=(1600, 1200)) for seed in range(LEFT)]
    route = f"/v1/jobs/{job['id']}/submissions"
    sent = await asyncio.gather(*(http.post(route, files={"file": ("photo.png", one, "image/png")}) for one in made))
    assert {answer.status_code for answer in sent} == {201}


def _tries_of_pending(database: Path) -> list[int]:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("SELECT engine_attempts FROM submissions WHERE status = 'pending_score'").fetchall()
    return [tries for (tries,) in rows]


async def _export(http: httpx.AsyncClient, job_id: str) -> dict[str, Any]:
    export = await _post(http, f"/v1/jobs/{job_id}/exports", format="jsonl")
    while export["status"] not in ("completed", "failed"):
        await asyncio.sleep(POLL_SECONDS)
        export = await _get(http, f"/v1/exports/{export['id']}")
    return export


async def _files(http: httpx.AsyncClient, job_id: str) -> list[dict[str, Any]]:
    files: list[dict[str, Any]] = (await _get(http, f"/v1/jobs/{job_id}/files"))["data"]
    return files


def _told(receiver: Receiver, kind: str) -> int:
    return len({one.event["id"] for one in receiver.received if one.event["type"] == kind})


async def _until(holds: Callable[[], Any]) -> None:
    ends_at = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < ends_at, "what was waited for did not come"
        await asyncio.sleep(POLL_SECONDS)


async def _post(http: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await http.post(path, json=body) if body else await http.post(path)
    assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
    made: dict[str, Any] = answer.json()
    return made


async def _get(http: httpx.AsyncClient, path: str, **query: Any) -> dict[str, Any]:
    answer = await http.get(path, params=query)
    assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
    found: dict[str, Any] = answer.json()
    return found
