"""The client of a worker."""

from datetime import datetime
from pathlib import Path
from types import TracebackType

import httpx

from assay_sdk import calls
from assay_sdk._async.runtime import in_thread
from assay_sdk._async.transport import AsyncTransport
from assay_sdk._async.uploads import put_file
from assay_sdk._async.worker_jobs import AsyncWorkerJobs
from assay_sdk._async.worker_submissions import AsyncWorkerSubmissions
from assay_sdk.configuration import DEFAULT_TIMEOUT_SECONDS, base_url_from, secret_from
from assay_sdk.errors import InvalidResponse
from assay_sdk.partial_file import file_sha256
from assay_sdk.progress import OnUpload
from assay_sdk.retries import DEFAULT_RETRY, RetryPolicy
from assay_sdk.slots import SpareSlots
from assay_sdk.types.submissions import Upload
from assay_sdk.types.workers import WorkerSelf, WorkerSubmission


class AsyncWorkerClient:
    """What a worker does: find jobs, capture files, see what they scored. `close` it at the end."""

    def __init__(
        self,
        token: str | None = None,
        base_url: str | None = None,
        *,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        retry: RetryPolicy = DEFAULT_RETRY,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """
        Args:
            token: `wk_…`; the variable `ASSAY_WORKER_TOKEN` when absent.
            base_url: of the server; the variable `ASSAY_BASE_URL`, else this machine, when absent.
            timeout_seconds: to connect, and without a byte of an answer.
            retry: when requests are made again.
            transport: httpx's, in place of the network.

        Raises:
            ValueError: there is no token.
        """
        self._transport = AsyncTransport(
            base_url=base_url_from(base_url),
            secret=secret_from(token, "ASSAY_WORKER_TOKEN", "token"),
            timeout_seconds=timeout_seconds,
            retry=retry,
            transport=transport,
        )
        self._spare_slots = SpareSlots()
        self.jobs = AsyncWorkerJobs(self._transport)
        """Find work, and take it."""
        self.submissions = AsyncWorkerSubmissions(self._transport)
        """What I have sent, and what came of it."""

    async def me(self) -> WorkerSelf:
        """Who I am, what I earned, how many strikes I have."""
        return await self._transport.fetch(calls.get("/v1/worker/me"), WorkerSelf)

    async def capture(
        self,
        job_id: str,
        path: str | Path,
        *,
        captured_at: datetime | None = None,
        on_progress: OnUpload | None = None,
        timeout_seconds: float | None = 600.0,
    ) -> WorkerSubmission:
        """Send a file to a job, and wait for what becomes of it: a path in, a decided submission out.

        Where the job wants several files at a time, further calls use the slots that the first was given. After a file
        that could not be sent, the next call has its slot.

        Args:
            job_id: of the job.
            path: of the file.
            captured_at: when it was captured; with a time zone.
            on_progress: called after every chunk that is sent.
            timeout_seconds: how long to wait for the score; for ever when `None`.

        Raises:
            Conflict: no slot is open, or not for you; `code` says why.
            AuthorizationFailed: you are banned.
            WaitTimeout: it is not scored in time; its `resource` is the submission as it is then.
        """
        source = Path(path)
        sha256 = await in_thread(file_sha256, source)  # before a slot is taken: the file may not be there
        slot = self._spare_slots.take(job_id) or self._spare_slots.keep(await self.jobs.accept(job_id))
        upload = _upload_of(slot)
        with self._spare_slots.kept_until_used(slot):
            await put_file(self._transport, upload, source, on_progress)
        return await self._hand_in(slot, source, sha256, captured_at, timeout_seconds)

    async def recapture(
        self,
        submission_id: str,
        path: str | Path,
        *,
        captured_at: datetime | None = None,
        on_progress: OnUpload | None = None,
        timeout_seconds: float | None = 600.0,
    ) -> WorkerSubmission:
        """The second attempt at a submission with `can_retry`, with a better file.

        Raises:
            Conflict: there is no attempt left.
            WaitTimeout: it is not scored in time; its `resource` is the submission as it is then.
        """
        source = Path(path)
        sha256 = await in_thread(file_sha256, source)
        slot = await self.submissions.retry(submission_id)
        # The second attempt is the same slot however often it is taken, and may have its file already.
        await put_file(self._transport, _upload_of(slot), source, on_progress, may_be_there=True)
        return await self._hand_in(slot, source, sha256, captured_at, timeout_seconds)

    async def close(self) -> None:
        """End the connections."""
        await self._transport.close()

    async def __aenter__(self) -> "AsyncWorkerClient":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _hand_in(
        self,
        slot: WorkerSubmission,
        source: Path,
        sha256: str,
        captured_at: datetime | None,
        timeout_seconds: float | None,
    ) -> WorkerSubmission:
        await self.submissions.submit(slot.id, filename=source.name, sha256=sha256, captured_at=captured_at)
        return await self.submissions.wait(slot.id, timeout_seconds=timeout_seconds)


def _upload_of(slot: WorkerSubmission) -> Upload:
    if slot.upload is None:
        raise InvalidResponse(f"{slot.id} came without an upload URL")
    return slot.upload
