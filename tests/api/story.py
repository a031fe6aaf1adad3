"""Steps that most tests of the front end begin with."""

from pathlib import Path
from typing import Any

import httpx

from api.dispatcher import Dispatcher
from api.services import Services
from tests.api.conftest import Client, WorkerClient
from tests.api.scripted import picture

JOB = {
    "title": "Menus",
    "description": "Photos of coffee shop menus with readable prices",
    "content_type": "image",
    "file_formats": ["jpeg", "png"],
    "quantity": 3,
    "reward_per_file": 50,
}


async def post_job(http: httpx.AsyncClient, organization: Client, **changes: Any) -> dict[str, Any]:
    """A new job."""
    answer = await http.post("/v1/jobs", json=JOB | changes, headers=organization.headers)
    assert answer.status_code == 201, answer.text
    job: dict[str, Any] = answer.json()
    return job


async def accept(http: httpx.AsyncClient, worker: WorkerClient, job_id: str) -> dict[str, Any]:
    """A slot of the job."""
    answer = await http.post(f"/v1/worker/jobs/{job_id}/accept", headers=worker.headers)
    assert answer.status_code == 201, answer.text
    submission: dict[str, Any] = answer.json()
    return submission


async def upload(http: httpx.AsyncClient, submission: dict[str, Any], content: bytes) -> None:
    """The bytes to where the submission says."""
    to = submission["upload"]
    answer = await http.put(to["url"], content=content, headers=to["headers"])
    assert answer.status_code == 200, answer.text


async def begin_parts(
    http: httpx.AsyncClient, worker: WorkerClient, submission_id: str, size_bytes: int
) -> dict[str, Any]:
    """An upload in parts."""
    path = f"/v1/worker/submissions/{submission_id}/parted_upload"
    answer = await http.post(path, json={"size_bytes": size_bytes}, headers=worker.headers)
    assert answer.status_code == 201, answer.text
    begun: dict[str, Any] = answer.json()
    return begun


async def submit(http: httpx.AsyncClient, worker: WorkerClient, job_id: str, content: bytes) -> dict[str, Any]:
    """A file of the worker, uploaded and waiting for its score."""
    submission = await accept(http, worker, job_id)
    await upload(http, submission, content)
    answer = await http.post(f"/v1/worker/submissions/{submission['id']}/submit", headers=worker.headers)
    assert answer.status_code == 200, answer.text
    assert answer.json()["status"] == "pending_score"
    return submission


async def submit_scored(
    http: httpx.AsyncClient, services: Services, worker: WorkerClient, job_id: str, stars: int, seed: int = 0
) -> dict[str, Any]:
    """A file of so many stars, as its worker sees it once it is decided."""
    submission = await submit(http, worker, job_id, picture(stars, seed=seed))
    await Dispatcher(services).drain()
    answer = await http.get(f"/v1/worker/submissions/{submission['id']}", headers=worker.headers)
    decided: dict[str, Any] = answer.json()
    return decided


async def see(http: httpx.AsyncClient, worker: WorkerClient, submission_id: str) -> dict[str, Any]:
    """A submission as its worker sees it."""
    answer = await http.get(f"/v1/worker/submissions/{submission_id}", headers=worker.headers)
    shown: dict[str, Any] = answer.json()
    return shown


def stored(services: Services, folder: str) -> list[Path]:
    """Files of the local store below `uploads` or `files`."""
    return [path for path in (services.settings.state_dir / "store" / folder).rglob("*") if path.is_file()]
