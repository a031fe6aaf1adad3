# Generated from _async/worker_submissions.py by sdk/python/generate_sync.py; edit that.
"""A worker's own submissions."""

from datetime import datetime

from assay_sdk import calls
from assay_sdk._sync.pages import Page
from assay_sdk._sync.polling import poll
from assay_sdk._sync.transport import Transport
from assay_sdk.types.submissions import PartedUpload, SubmissionStatus
from assay_sdk.types.workers import WorkerSubmission


class WorkerSubmissions:
    """What I have sent, and what came of it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        job_id: str | None = None,
        status: SubmissionStatus | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Page[WorkerSubmission]:
        """My submissions, newest first.

        Args:
            job_id: of the job; all jobs when absent.
            status: of those to list.
            limit: submissions on a page, 1 to 100.
            cursor: `next_cursor` of the page before.
        """
        call = calls.get("/v1/worker/submissions", job_id=job_id, status=status, limit=limit, cursor=cursor)
        return Page.of(self._transport, call, WorkerSubmission)

    def get(self, submission_id: str) -> WorkerSubmission:
        """One of mine: its score, reasons and what to do better; the upload URL while it waits for a file.

        Raises:
            NotFound: I have none of this id.
        """
        return self._transport.fetch(calls.get(_path(submission_id)), WorkerSubmission)

    def begin_parted_upload(
        self, submission_id: str, *, size_bytes: int, idempotency_key: str | None = None
    ) -> PartedUpload:
        """Send a large file in parts, so that a broken connection costs one of them; an earlier upload's parts go.

        Args:
            submission_id: of the slot.
            size_bytes: of the whole file.
            idempotency_key: makes a repetition harmless.

        Raises:
            Conflict: the slot waits for no file, or has it already; `code` says which.
        """
        call = calls.post(
            _path(submission_id) + "/parted_upload", {"size_bytes": size_bytes}, idempotency_key=idempotency_key
        )
        return self._transport.fetch(call, PartedUpload)

    def parted_upload(self, submission_id: str, *, upload_id: str | None = None) -> PartedUpload:
        """What of it is there, and where the next parts go; once nothing is missing, `submit` the file.

        Args:
            submission_id: of the slot.
            upload_id: which one is meant; the present one when absent.

        Raises:
            NotFound: no such upload is under way: begin another.
            Conflict: the whole file is there already; submit it.
        """
        call = calls.get(_path(submission_id) + "/parted_upload", upload_id=upload_id)
        return self._transport.fetch(call, PartedUpload)

    def submit(
        self,
        submission_id: str,
        *,
        filename: str | None = None,
        sha256: str | None = None,
        captured_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> WorkerSubmission:
        """Say that the file is uploaded; it is scored next.

        Raises:
            Conflict: there is no file yet, or the slot was taken back; `code` says which.
        """
        body = {"filename": filename, "sha256": sha256, "captured_at": captured_at}
        call = calls.post(_path(submission_id) + "/submit", body, idempotency_key=idempotency_key)
        return self._transport.fetch(call, WorkerSubmission)

    def retry(self, submission_id: str, *, idempotency_key: str | None = None) -> WorkerSubmission:
        """Try once more after 2 stars; `upload` is a new URL.

        Raises:
            Conflict: there is no attempt left.
        """
        call = calls.post(_path(submission_id) + "/retry", idempotency_key=idempotency_key)
        return self._transport.fetch(call, WorkerSubmission)

    def wait(self, submission_id: str, *, timeout_seconds: float | None = None) -> WorkerSubmission:
        """The submission once the engine is done with it.

        Raises:
            WaitTimeout: it is not in time; its `resource` is the submission as it is then.
        """
        return poll(lambda: self.get(submission_id), lambda seen: seen.is_decided, timeout_seconds, submission_id)


def _path(submission_id: str) -> str:
    return calls.path_of("/v1/worker/submissions/{submission_id}", submission_id=submission_id)
