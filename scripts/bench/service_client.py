"""A client of our own service that brings files as fast, or as slowly, as a benchmark wants."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np

from pipeline.brief import JobBrief
from scripts.bench.mixed import MixedFile

POLL_SECONDS = 1.0
"""Each look costs the service some milliseconds that it would score with; when a file was decided, the service says."""
REWARD = 10
SEED = 7

UNLIMITED = {
    "ASSAY_LIMITS__READ_PER_MINUTE": "10000000",
    "ASSAY_LIMITS__WRITE_PER_MINUTE": "10000000",
    "ASSAY_SIGNUP__STARTER_CREDITS": "1000000000",
}
"""Variables of a stack that is to be measured and not limited."""
PENDING = ("awaiting_upload", "pending_score", "retry_pending")


TIMEOUT = aiohttp.ClientTimeout(total=120)


class ServiceClient:
    """One organization. The client is a light one: the machine is for what is measured."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    @classmethod
    @asynccontextmanager
    async def signed_up(cls, url: str) -> "AsyncIterator[ServiceClient]":
        """Of a new organization, with the service's starter credits."""
        async with aiohttp.ClientSession(url, raise_for_status=True, timeout=TIMEOUT) as http:
            body = {"name": "Bench", "email": "bench@example.com"}
            async with http.post("/v1/auth/signup", json=body) as answer:
                made = await answer.json()
            http.headers["Authorization"] = f"Bearer {made['api_key']['key']}"
            yield cls(http)

    async def burst(self, files: Sequence[MixedFile], at_once: int) -> float:
        """Seconds from the first upload to the last decision, with so many uploads at a time."""
        jobs = await self._post_jobs(files)
        places = asyncio.Semaphore(at_once)

        async def bring(job_id: str, file: MixedFile) -> str:
            async with places:
                return await self._bring(job_id, file)

        started_at = datetime.now(UTC)
        sent = await asyncio.gather(*(bring(job_id, file) for job_id, file in zip(jobs, files, strict=True)))
        await self._until_all_decided()
        return (max([await self._decided_at(submission_id) for submission_id in sent]) - started_at).total_seconds()

    async def alone(self, file: MixedFile) -> float:
        """Seconds from upload to decision of a file that has the service to itself."""
        (seconds,) = await self.at_rate([file], 1.0)
        return seconds

    async def at_rate(self, files: Sequence[MixedFile], files_per_second: float) -> list[float]:
        """Seconds from upload to decision of each file; they come at random, as a Poisson process."""
        jobs = await self._post_jobs(files)
        pauses = np.random.default_rng(SEED).exponential(1 / files_per_second, len(files)).cumsum()

        async def bring(pause: float, job_id: str, file: MixedFile) -> tuple[str, datetime]:
            await asyncio.sleep(pause)
            sent_at = datetime.now(UTC)
            return await self._bring(job_id, file), sent_at

        work = (bring(*one) for one in zip(pauses.tolist(), jobs, files, strict=True))
        sent = await asyncio.gather(*work)
        await self._until_all_decided()
        return [(await self._decided_at(submission_id) - sent_at).total_seconds() for submission_id, sent_at in sent]

    async def _post_jobs(self, files: Sequence[MixedFile]) -> list[str]:
        """The job of each file: one for all of a brief, and another for those that come again, as copies within one."""
        places: list[tuple[str, int]] = []
        quantities: defaultdict[tuple[str, int], int] = defaultdict(int)
        seen: defaultdict[Path, int] = defaultdict(int)
        briefs: dict[str, JobBrief] = {}
        for file in files:
            original = file.copy_of or file.path
            place = (file.brief.description, seen[original])
            seen[original] += 1
            places.append(place)
            quantities[place] += 1
            briefs[file.brief.description] = file.brief
        jobs = {place: await self._post_job(briefs[place[0]], quantity) for place, quantity in quantities.items()}
        return [jobs[place] for place in places]

    async def _post_job(self, brief: JobBrief, quantity: int) -> str:
        body = brief.model_dump(mode="json", exclude_defaults=True) | {"quantity": quantity, "reward_per_file": REWARD}
        async with self._http.post("/v1/jobs", json=body) as answer:
            job_id: str = (await answer.json())["id"]
        return job_id

    async def _bring(self, job_id: str, file: MixedFile) -> str:
        form = aiohttp.FormData()
        form.add_field("file", file.path.read_bytes(), filename=file.path.name)
        async with self._http.post(f"/v1/jobs/{job_id}/submissions", data=form) as answer:
            submission_id: str = (await answer.json())["id"]
        return submission_id

    async def counts(self) -> dict[str, int]:
        """Submissions by status."""
        counts: dict[str, int] = (await self._get("/v1/submissions/summary"))["by_status"]
        return counts

    async def _until_all_decided(self) -> None:
        while True:
            counts = await self.counts()
            if not any(counts[status] for status in PENDING):
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _decided_at(self, submission_id: str) -> datetime:
        shown = await self._get(f"/v1/submissions/{submission_id}")
        return datetime.fromisoformat(shown["decided_at"])

    async def _get(self, path: str) -> dict[str, Any]:
        async with self._http.get(path) as answer:
            told: dict[str, Any] = await answer.json()
        return told
