"""Submissions, and files of your own."""

from datetime import datetime
from pathlib import Path
from typing import Literal

from assay_sdk import calls
from assay_sdk._async.page_call import AsyncPageCall
from assay_sdk._async.polling import poll
from assay_sdk._async.runtime import in_thread
from assay_sdk._async.transport import AsyncTransport
from assay_sdk._async.uploads import put_file
from assay_sdk.errors import Conflict, InvalidResponse
from assay_sdk.partial_file import file_sha256
from assay_sdk.progress import OnUpload
from assay_sdk.types.submissions import Submission, SubmissionStatus, SubmissionSummary


class AsyncSubmissions:
    """What was sent to your jobs: by workers, or by yourself."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create(
        self,
        job_id: str,
        *,
        file: str | Path | bytes,
        filename: str | None = None,
        worker_ref: str | None = None,
        captured_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Submission:
        """Bring a file of your own in the body of one request; it is scored next.

        `upload` is for files that are larger, and waits for the score.

        Args:
            job_id: of the job.
            file: path or content.
            filename: what it is called; the path's name when absent.
            worker_ref: whom it is from, in your own words.
            captured_at: when it was captured; with a time zone.
            idempotency_key: makes a repetition harmless. Made when absent.

        Raises:
            Conflict: no slot of the job is open.
            PayloadTooLarge: the file has too many bytes.
        """
        fields = {"worker_ref": worker_ref, "captured_at": captured_at}
        form = calls.FormFile.of(file, filename)
        call = calls.post_form(_of_job(job_id), form, fields, idempotency_key=idempotency_key)
        return await self._transport.fetch(call, Submission)

    async def announce(
        self,
        job_id: str,
        *,
        filename: str,
        size_bytes: int,
        sha256: str | None = None,
        worker_ref: str | None = None,
        captured_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Submission:
        """Take a slot for a file that you put to `upload.url` next; it is scored as soon as it is there.

        Raises:
            Conflict: no slot of the job is open.
            PayloadTooLarge: the file has too many bytes.
        """
        body = {
            "filename": filename,
            "size_bytes": size_bytes,
            "sha256": sha256,
            "worker_ref": worker_ref,
            "captured_at": captured_at,
        }
        call = calls.post(_of_job(job_id), body, idempotency_key=idempotency_key)
        return await self._transport.fetch(call, Submission)

    async def upload(
        self,
        job_id: str,
        path: str | Path,
        *,
        worker_ref: str | None = None,
        captured_at: datetime | None = None,
        on_progress: OnUpload | None = None,
        timeout_seconds: float | None = 600.0,
        idempotency_key: str | None = None,
    ) -> Submission:
        """Bring a file of your own, and wait for what becomes of it: a path in, a decided submission out.

        Args:
            job_id: of the job.
            path: of the file.
            worker_ref: whom it is from, in your own words.
            captured_at: when it was captured; with a time zone.
            on_progress: called after every chunk that is sent.
            timeout_seconds: how long to wait for the score; for ever when `None`.
            idempotency_key: makes a repetition harmless: it goes on where the one before ended. Made when absent.

        Raises:
            Conflict: no slot of the job is open, or that of the key has run out without its file.
            WaitTimeout: it is not scored in time; its `resource` is the submission as it is then.
        """
        source = Path(path)
        slot = await self.announce(
            job_id,
            filename=source.name,
            size_bytes=source.stat().st_size,
            sha256=await in_thread(file_sha256, source),
            worker_ref=worker_ref,
            captured_at=captured_at,
            idempotency_key=idempotency_key,
        )
        if slot.upload is None:
            raise InvalidResponse(f"{slot.id} came without an upload URL")
        # A key of the caller's may have been used before: the slot is as it was then, with the file or without.
        may_be_there = idempotency_key is not None
        seen = await self.get(slot.id) if may_be_there else None
        if seen is not None and seen.status == "expired":
            raise Conflict(
                f"the time for the file of {slot.id} has run out; another key takes another slot",
                status=409,
                type="conflict",
                code="lease_expired",
            )
        if seen is None or seen.needs_file:
            await put_file(self._transport, slot.upload, source, on_progress, may_be_there=may_be_there)
        return await self.wait(slot.id, timeout_seconds=timeout_seconds)

    async def wait(self, submission_id: str, *, timeout_seconds: float | None = None) -> Submission:
        """The submission once the engine is done with it.

        Raises:
            WaitTimeout: it is not in time; its `resource` is the submission as it is then.
        """
        return await poll(lambda: self.get(submission_id), lambda seen: seen.is_decided, timeout_seconds, submission_id)

    async def get(self, submission_id: str) -> Submission:
        """One submission.

        Raises:
            NotFound: there is none of this id.
        """
        return await self._transport.fetch(calls.get(_path(submission_id)), Submission)

    def list(
        self,
        *,
        job_id: str | None = None,
        status: SubmissionStatus | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPageCall[Submission]:
        """Submissions of a job or of all, newest first.

        Args:
            job_id: of the job; all jobs when absent.
            status: of those to list.
            limit: submissions on a page, 1 to 100.
            cursor: `next_cursor` of the page before.
        """
        call = calls.get("/v1/submissions", job_id=job_id, status=status, limit=limit, cursor=cursor)
        return AsyncPageCall.of(self._transport, call, Submission)

    def list_of_job(
        self,
        job_id: str,
        *,
        status: SubmissionStatus | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> AsyncPageCall[Submission]:
        """Submissions of one job, newest first."""
        call = calls.get(_of_job(job_id), status=status, limit=limit, cursor=cursor)
        return AsyncPageCall.of(self._transport, call, Submission)

    async def summary(self, *, job_id: str | None = None) -> SubmissionSummary:
        """Submissions of a job or of all, counted by status and score."""
        return await self._transport.fetch(calls.get("/v1/submissions/summary", job_id=job_id), SubmissionSummary)

    async def review(
        self,
        submission_id: str,
        *,
        decision: Literal["approve", "reject"],
        score: int | None = None,
        note: str | None = None,
        idempotency_key: str | None = None,
    ) -> Submission:
        """Decide in the engine's place; the money follows.

        Args:
            submission_id: of the submission.
            decision: `approve` or `reject`.
            score: the stars that you would have given; the engine's stand when absent.
            note: at most 2,000 characters.
            idempotency_key: makes a repetition harmless. Made when absent.

        Raises:
            Conflict: there is no file to decide on, or the job has its quantity already.
        """
        body = {"decision": decision, "score": score, "note": note}
        call = calls.post(_path(submission_id) + "/review", body, idempotency_key=idempotency_key)
        return await self._transport.fetch(call, Submission)


def _path(submission_id: str) -> str:
    return calls.path_of("/v1/submissions/{submission_id}", submission_id=submission_id)


def _of_job(job_id: str) -> str:
    return calls.path_of("/v1/jobs/{job_id}/submissions", job_id=job_id)
