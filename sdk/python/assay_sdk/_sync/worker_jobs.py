# Generated from _async/worker_jobs.py by sdk/python/generate_sync.py; edit that.
"""Jobs as workers see them."""

from assay_sdk import calls
from assay_sdk._sync.pages import Page
from assay_sdk._sync.transport import Transport
from assay_sdk.types.workers import WorkerJob, WorkerSubmission


class WorkerJobs:
    """Find work, and take it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(self, *, limit: int | None = None, cursor: str | None = None) -> Page[WorkerJob]:
        """Jobs with open slots, newest first."""
        return Page.of(self._transport, calls.get("/v1/worker/jobs", limit=limit, cursor=cursor), WorkerJob)

    def get(self, job_id: str) -> WorkerJob:
        """One active job.

        Raises:
            NotFound: there is none of this id.
        """
        return self._transport.fetch(calls.get(_path(job_id)), WorkerJob)

    def accept(self, job_id: str, *, idempotency_key: str | None = None) -> WorkerSubmission:
        """Take a slot: `upload` says where to put the file, and until when.

        Where the job wants several files at a time, `submissions` has a slot for each.

        Raises:
            Conflict: no slot is open, or not for you; `code` says why.
            AuthorizationFailed: you are banned.
        """
        call = calls.post(_path(job_id) + "/accept", idempotency_key=idempotency_key)
        return self._transport.fetch(call, WorkerSubmission)


def _path(job_id: str) -> str:
    return calls.path_of("/v1/worker/jobs/{job_id}", job_id=job_id)
