"""The demo's people: a client that posts jobs, and workers that send files to them."""

import asyncio
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx

from scripts.demo_jobs import DemoJob, Submission
from scripts.demo_stack import Receiver

POLL_SECONDS = 0.2
TIMEOUT_SECONDS = 120.0
REWARD = 50
GOOD_STARS = 3


@dataclass(frozen=True, slots=True)
class Scored:
    """One file of the demo with what the API says of it."""

    job: DemoJob
    submission: Submission
    path: Path
    worker: str
    status: str
    attempt: int
    result: dict[str, Any]
    """`score`, `score_breakdown` and `annotations`."""
    seconds: float
    """From the worker's `submit` to the decision; the jobs run side by side, so the files wait for one another."""

    @property
    def failures(self) -> list[str]:
        return [*self.submission.expected.failures(self.result)]


@dataclass
class Person:
    """A worker with its token."""

    name: str
    http: httpx.AsyncClient

    async def send(self, job_id: str, retry: str | None, content: bytes) -> dict[str, Any]:
        """Accept the job (or take the retry of an earlier submission), upload, submit, wait for the decision."""
        path = f"/v1/worker/submissions/{retry}/retry" if retry else f"/v1/worker/jobs/{job_id}/accept"
        submission = (await self.http.post(path)).raise_for_status().json()
        upload = submission["upload"]
        (await self.http.put(upload["url"], content=content, headers=upload["headers"])).raise_for_status()
        (await self.http.post(f"/v1/worker/submissions/{submission['id']}/submit")).raise_for_status()
        return await self._decided(submission["id"])

    async def _decided(self, submission_id: str) -> dict[str, Any]:
        while True:
            shown: dict[str, Any] = (await self.http.get(f"/v1/worker/submissions/{submission_id}")).json()
            if shown["status"] not in ("awaiting_upload", "pending_score"):
                return shown
            await asyncio.sleep(POLL_SECONDS)

    async def me(self) -> dict[str, Any]:
        """Strikes, status and earnings."""
        shown: dict[str, Any] = (await self.http.get("/v1/worker/me")).json()
        return shown


@dataclass
class Buyer:
    """The client of the demo, with an organization of its own."""

    url: str
    http: httpx.AsyncClient
    people: dict[str, Person] = field(default_factory=dict)

    @classmethod
    async def sign_up(cls, url: str) -> "Buyer":
        """Open an organization."""
        async with httpx.AsyncClient(base_url=url) as stranger:
            body = {"name": "Demo Ltd", "email": "demo@example.com"}
            made = (await stranger.post("/v1/auth/signup", json=body)).raise_for_status().json()
        return cls(url, _client(url, made["api_key"]["key"]))

    async def listen(self, receiver: Receiver) -> None:
        """Have all events sent to the receiver."""
        made = await self.http.post("/v1/webhook_endpoints", json={"url": receiver.url})
        receiver.secret = made.raise_for_status().json()["secret"]

    async def hire(self, name: str) -> Person:
        """Add a worker."""
        made = (await self.http.post("/v1/workers", json={"name": name})).raise_for_status().json()
        self.people[name] = Person(name, _client(self.url, made["token"]))
        return self.people[name]

    async def post(self, job: DemoJob, quantity: int) -> dict[str, Any]:
        """Post a job."""
        brief = job.brief.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        body = brief | {"title": job.title, "quantity": quantity, "reward_per_file": REWARD}
        made: dict[str, Any] = (await self.http.post("/v1/jobs", json=body)).raise_for_status().json()
        return made

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        """Anything by its path."""
        shown: dict[str, Any] = (await self.http.get(path, params=params)).raise_for_status().json()
        return shown

    async def cancel(self, job_id: str) -> dict[str, Any]:
        """End a job that is not full."""
        ended: dict[str, Any] = (await self.http.post(f"/v1/jobs/{job_id}/cancel")).raise_for_status().json()
        return ended

    async def scored(self, submission_id: str) -> dict[str, Any]:
        """Score and annotations of the newest file of a submission."""
        submission = await self.get(f"/v1/submissions/{submission_id}")
        file = await self.get(f"/v1/files/{submission['file_id']}")
        return {name: file[name] for name in ("score", "score_breakdown", "annotations")}

    async def download(self, job_id: str, folder: Path) -> list[Path]:
        """All delivered files of a job, checked, with their annotations in a file beside them."""
        listed = (await self.get(f"/v1/jobs/{job_id}/files", limit=100))["data"]
        folder.mkdir(parents=True, exist_ok=True)
        paths = [await self._fetch(file, folder) for file in listed]
        lines = [json.dumps({"file": file["filename"]} | file["annotations"], ensure_ascii=False) for file in listed]
        (folder / "annotations.jsonl").write_text("\n".join([*lines, ""]), encoding="utf-8")
        return paths

    async def _fetch(self, file: dict[str, Any], folder: Path) -> Path:
        content = (await self.http.get(file["download_url"])).raise_for_status().content
        if hashlib.sha256(content).hexdigest() != file["sha256"]:
            raise ValueError(f"{file['filename']} is not what its SHA-256 says")
        path = folder / str(file["filename"])
        path.write_bytes(content)
        return path

    async def close(self) -> None:
        """End all connections."""
        await asyncio.gather(*(one.http.aclose() for one in self.people.values()), self.http.aclose())


NAMES = ("Ben", "Cora", "Dan", "Eve", "Finn")


class Careless:
    """People who send what they should not; when one is banned, the next is hired. One file at a time."""

    def __init__(self, buyer: Buyer) -> None:
        self._buyer = buyer
        self._alone = asyncio.Lock()
        self.people: list[Person] = []

    async def send(self, job_id: str, content: bytes) -> tuple[str, dict[str, Any]]:
        """The name of who sent it, and the decision."""
        async with self._alone:
            person = await self._allowed()
            return person.name, await person.send(job_id, None, content)

    async def _allowed(self) -> Person:
        if not self.people or (await self.people[-1].me())["status"] == "banned":
            self.people.append(await self._buyer.hire(NAMES[len(self.people) % len(NAMES)]))
        return self.people[-1]


async def send_all(
    buyer: Buyer, job: DemoJob, job_id: str, media: dict[Submission, Path], careful: Person, careless: Careless
) -> list[Scored]:
    """The files of a job in their order; good ones come from the careful person, who tries again after 2 stars."""
    scored: list[Scored] = []
    retry: str | None = None
    for submission in (one for one in job.submissions if one in media):
        content = media[submission].read_bytes()
        started_at = perf_counter()
        if submission.expected.stars[1] < GOOD_STARS:
            name, decided = await careless.send(job_id, content)
        else:
            name, decided = careful.name, await careful.send(job_id, retry, content)
            retry = decided["id"] if decided["can_retry"] else None
        seconds = perf_counter() - started_at
        told = decided["status"], decided["attempt"], await buyer.scored(decided["id"]), seconds
        scored.append(Scored(job, submission, media[submission], name, *told))
    return scored


def _client(url: str, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=TIMEOUT_SECONDS)
