"""Where the bytes of a submission lie in the object store, and how others get there."""

from datetime import datetime
from math import ceil
from typing import Any
from uuid import uuid4

from sqlalchemy import Row

from api.clock import now
from api.rows import LockedRow, Written
from api.services import Services
from api.storage import SignedUpload
from api.tables import Job, Submission

SubmissionRow = Submission | Row[Any] | Written
"""What has the columns of a submission to be read."""
OpenSubmission = Submission | LockedRow
"""What may be changed besides."""
UPLOAD_TYPE = "application/octet-stream"
"""Of every upload: the type is read from the content, never believed."""


def original_key(submission: SubmissionRow) -> str:
    """Of what was uploaded in the present attempt."""
    return original_key_of(submission.organization_id, submission.job_id, submission.id, submission.attempt)


def original_key_of(organization_id: str, job_id: str, submission_id: str, attempt: int) -> str:
    """The same, before there is a row."""
    return f"uploads/{organization_id}/{job_id}/{submission_id}/{attempt}"


def new_delivered_key(submission: SubmissionRow, suffix: str) -> str:
    """Of what the client gets. Never given twice: whoever made an object for nothing may remove it unasked."""
    name = f"{submission.id}-{submission.attempt}-{uuid4().hex}.{suffix}"
    return f"files/{submission.organization_id}/{submission.job_id}/{name}"


def sign_upload(use: Services, submission: SubmissionRow, *, size_bytes: int | None = None) -> SignedUpload:
    """The URL for the present attempt's file."""
    return use.store.sign_upload(
        original_key(submission),
        max_bytes=use.settings.store.max_upload_bytes,
        expires_seconds=seconds_left(submission),
        size_bytes=size_bytes,
    )


def seconds_left(submission: SubmissionRow) -> int:
    """For which its slot is kept, as long as URLs for its bytes shall live; one second where it is over."""
    ends_at: datetime = submission.lease_expires_at or now()
    return max(1, ceil((ends_at - now()).total_seconds()))


def suggested_name(job: Job, submission: SubmissionRow, suffix: str) -> str:
    """What a download is called: nothing that a stranger wrote."""
    return f"{job.content_type}-{submission.id.removeprefix('sub_').lower()}.{suffix}"
