"""A client of our own service that brings files as fast, or as slowly, as a benchmark wants."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import numpy as np

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


class ServiceClient:
    """One organization; every file gets a job of its own, so that none is a copy of another."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http

    @classmethod
    @asynccontextmanager
    async def signed_up(cls, url: str) -> "AsyncIterator[ServiceClient]":
        """Of a new organization, with the service's starter credits."""
        async with httpx.AsyncClient(base_url=url, timeout=120) as http:
            body = {"name": "Bench", "email": "bench@example.com"}
            made = (await http.post("/v1/auth/signup", json=body)).raise_for_status().json()
            http.headers["Authorization"] = f"Bearer {made['api_key']['key']}"
            yield cls(http)

    async def burst(self, files: Sequence[MixedFile], at_once: int) -> float:
        """Seconds from the first upload to the last decision, with so many uploads at a time."""
        jobs = [await self._post_job(file) for file in files]
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
        jobs = [await self._post_job(file) for file in files]
        pauses = np.random.default_rng(SEED).exponential(1 / files_per_second, len(files)).cumsum()

        async def bring(pause: float, job_id: str, file: MixedFile) -> tuple[str, datetime]:
            await asyncio.sleep(pause)
            sent_at = datetime.now(UTC)
            return await self._bring(job_id, file), sent_at

        work = (bring(*one) for one in zip(pauses.tolist(), jobs, files, strict=True))
        sent = await asyncio.gather(*work)
        await self._until_all_decided()
        return [(await self._decided_at(submission_id) - sent_at).total_seconds() for submission_id, sent_at in sent]

    async def _post_job(self, file: MixedFile) -> str:
        body = file.brief.model_dump(mode="json", exclude_defaults=True) | {"quantity": 1, "reward_per_file": REWARD}
        job_id: str = (await self._http.post("/v1/jobs", json=body)).raise_for_status().json()["id"]
        return job_id

    async def _bring(self, job_id: str, file: MixedFile) -> str:
        content = {"file": (file.path.name, file.path.read_bytes())}
        posted = await self._http.post(f"/v1/jobs/{job_id}/submissions", files=content)
        submission_id: str = posted.raise_for_status().json()["id"]
        return submission_id

    async def counts(self) -> dict[str, int]:
        """Submissions by status."""
        answer = await self._http.get("/v1/submissions/summary")
        counts: dict[str, int] = answer.raise_for_status().json()["by_status"]
        return counts

    async def _until_all_decided(self) -> None:
        while True:
            counts = await self.counts()
            if not any(counts[status] for status in PENDING):
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _decided_at(self, submission_id: str) -> datetime:
        shown = (await self._http.get(f"/v1/submissions/{submission_id}")).raise_for_status().json()
        return datetime.fromisoformat(shown["decided_at"])
