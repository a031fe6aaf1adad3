"""Jobs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from assay_sdk import calls
from assay_sdk._async.page_call import AsyncPageCall
from assay_sdk._async.transport import AsyncTransport
from assay_sdk.errors import WaitTimeout
from assay_sdk.polling import Deadline, holds_seconds
from assay_sdk.types.jobs import (
    AuditEntry,
    ContentType,
    Job,
    JobStatus,
    Location,
    LocationParam,
    Requirements,
    RequirementsParam,
)


class AsyncJobs:
    """Ask for files, and follow what comes of it."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        *,
        description: str,
        quantity: int,
        reward_per_file: int,
        title: str | None = None,
        type: str | None = None,
        content_type: ContentType | None = None,
        file_formats: Sequence[str] | None = None,
        min_star_rating: int | None = None,
        scoring_criteria: str | None = None,
        files_per_submission: int | None = None,
        max_workers: int | None = None,
        deadline: datetime | None = None,
        location: Location | LocationParam | None = None,
        worker_guidelines: str | None = None,
        requirements: Requirements | RequirementsParam | None = None,
        metadata: Mapping[str, Any] | None = None,
        keep_location: bool | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Post a job; quantity × reward is held.

        Args:
            description: what a file must show, 10 to 5,000 characters.
            quantity: files to approve, 1 to 10,000.
            reward_per_file: credits, 10 to 50,000; one is a US cent. Paid for approved files only.
            title: at most 100 characters; from the description when absent.
            type: `data_collection`.
            content_type: `image`, `audio` or `video`; derived from `file_formats` when absent.
            file_formats: names (`jpeg`) or MIME types; all of the content type when absent.
            min_star_rating: stars from which a file is approved; the organization's default, which is 3, when absent.
            scoring_criteria: for people, who read it; no score depends on it. At most 1,000 characters.
            files_per_submission: slots that a worker takes at a time, 1 to 5.
            max_workers: who may take part.
            deadline: when it ends by itself; with a time zone.
            location: where files must have been captured.
            worker_guidelines: at most 5,000 characters.
            requirements: hard conditions; a file that breaks one is not approved.
            metadata: your own keys and values, at most 20.
            keep_location: deliver pictures with their GPS position.
            idempotency_key: makes a repetition harmless, also by another process, for 24 hours. Made when absent.

        Raises:
            InsufficientCredits: it would cost more than is available.
            PricingViolation: the reward is not allowed.
            ValidationFailed: a field is wrong.
        """
        # Every argument is a field of the same name, but for these two.
        fields = {name: value for name, value in locals().items() if name not in ("self", "idempotency_key")}
        return await self._transport.fetch(calls.post("/v1/jobs", fields, idempotency_key=idempotency_key), Job)

    async def get(self, job_id: str) -> Job:
        """One job as it is now.

        Raises:
            NotFound: there is none of this id.
        """
        return await self._transport.fetch(calls.get(_path(job_id)), Job)

    def list(
        self, *, status: JobStatus | None = None, limit: int | None = None, cursor: str | None = None
    ) -> AsyncPageCall[Job]:
        """Jobs, newest first.

        Args:
            status: of those to list.
            limit: jobs on a page, 1 to 100.
            cursor: `next_cursor` of the page before.
        """
        call = calls.get("/v1/jobs", status=status, limit=limit, cursor=cursor)
        return AsyncPageCall.of(self._transport, call, Job)

    async def cancel(self, job_id: str, *, idempotency_key: str | None = None) -> Job:
        """End a job; what it still holds returns at once.

        Raises:
            Conflict: it has ended already.
        """
        call = calls.post(_path(job_id) + "/cancel", idempotency_key=idempotency_key)
        return await self._transport.fetch(call, Job)

    async def rate(
        self, job_id: str, *, rating: int, comment: str | None = None, idempotency_key: str | None = None
    ) -> Job:
        """Say how good the files of a job are: 1 to 5. A later rating replaces an earlier one."""
        body = {"rating": rating, "comment": comment}
        call = calls.post(_path(job_id) + "/rate", body, idempotency_key=idempotency_key)
        return await self._transport.fetch(call, Job)

    def audit(self, job_id: str, *, limit: int | None = None, cursor: str | None = None) -> AsyncPageCall[AuditEntry]:
        """Who did what to a job, newest first."""
        call = calls.get(_path(job_id) + "/audit", limit=limit, cursor=cursor)
        return AsyncPageCall.of(self._transport, call, AuditEntry)

    async def wait(self, job_id: str, *, files: int | None = None, timeout_seconds: float | None = None) -> Job:
        """The job once so many files are approved, or once it has ended, whichever comes first.

        The server answers as soon as something changes, so waiting costs few requests.

        Args:
            job_id: of the job.
            files: approved files to wait for; the end of the job when absent.
            timeout_seconds: how long to wait; for ever when absent.

        Raises:
            WaitTimeout: the time is over; its `resource` is the job as it is then.
        """
        deadline = Deadline(timeout_seconds)
        job = await self.get(job_id)
        holds = holds_seconds()
        while not _is_reached(job, files):
            hold_seconds = deadline.remaining_seconds(at_most=next(holds))
            if not hold_seconds:
                raise WaitTimeout(f"{job_id} has {job.files_approved} files after {timeout_seconds} s", job)
            seen = await self._get_changed(job_id, hold_seconds)
            holds = holds if _progress(seen) == _progress(job) else holds_seconds()
            job = seen
        return job

    async def _get_changed(self, job_id: str, hold_seconds: float) -> Job:
        """The job when it changes, or after so long."""
        whole_seconds = max(1, round(hold_seconds))
        call = calls.get(_path(job_id), prefer=f"wait={whole_seconds}", longest_wait_seconds=whole_seconds)
        return await self._transport.fetch(call, Job)


def _path(job_id: str) -> str:
    return calls.path_of("/v1/jobs/{job_id}", job_id=job_id)


def _progress(job: Job) -> tuple[str, int, int]:
    return job.status, job.files_approved, job.files_pending


def _is_reached(job: Job, files: int | None) -> bool:
    return job.status != "active" or (files is not None and job.files_approved >= files)
