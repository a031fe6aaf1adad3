"""Submissions on the wire: as clients see them, and as their workers do."""

from functools import cache
from typing import Annotated, Any, Literal, Self

from pydantic import Field

from api.storage import ObjectMissing, SignedUpload
from api.submissions.keys import SubmissionRow
from api.tables import Submission
from api.wire import Filled, GivenTime, Text, Wire, WireTime
from pipeline.brief import INTEGRAL

SubmissionStatus = Literal[
    "awaiting_upload", "pending_score", "approved", "rejected", "retry_pending", "needs_review", "expired", "surplus"
]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]


class Upload(Wire):
    """Where the bytes go."""

    url: str
    method: Literal["PUT"] = "PUT"
    headers: dict[str, str]
    """To be sent exactly so."""
    expires_at: WireTime
    max_bytes: int

    @classmethod
    def of(cls, signed: SignedUpload) -> Self:
        return cls(
            url=signed.url,
            headers=signed.headers,
            expires_at=signed.expires_at,
            max_bytes=signed.max_bytes,
        )


class UploadBegin(Wire):
    """A file that is to be sent in parts."""

    size_bytes: Annotated[int, Field(strict=True, ge=1), INTEGRAL]


class UploadPart(Upload):
    """Where one part goes."""

    number: int
    """From 1: the part begins at `(number − 1) × part_bytes`."""
    size_bytes: int
    """Of the part; nothing else is taken."""

    @classmethod
    def of(cls, signed: SignedUpload, number: int) -> Self:  # type: ignore[override]  # a part has its number
        size_bytes = signed.max_bytes
        return cls(**Upload.of(signed).model_dump(), number=number, size_bytes=size_bytes)


class PartedUpload(Wire):
    """An upload in parts: how much is there, and where the next parts go."""

    object: Literal["parted_upload"] = "parted_upload"
    upload_id: str
    size_bytes: int
    """Of the whole file."""
    part_bytes: int
    """Of every part but the last."""
    received_bytes: int
    missing: list[UploadPart]
    """The next parts to send, in any order; empty when all are there and the file can be submitted."""


class SubmissionCreate(Wire):
    """The client's own file, announced."""

    filename: Annotated[Filled, Field(max_length=255)]
    size_bytes: Annotated[int, Field(strict=True, ge=1), INTEGRAL]
    sha256: Sha256 | None = None
    worker_ref: Annotated[Text, Field(max_length=255)] | None = None
    """Whom the file is from, in the client's own words."""
    captured_at: GivenTime | None = None


REJECTED_BY_A_PERSON = "A person who looked at this file did not approve it."


class _Scored(Wire):
    id: str
    job_id: str
    status: SubmissionStatus
    attempt: int
    """1, or 2 after the retry."""
    livemode: bool
    score: int | None
    score_breakdown: dict[str, Any] | None
    reasons: list[str]
    feedback: str | None
    filename: str | None
    lease_expires_at: WireTime | None
    """When the slot is taken back, while it waits for a file."""
    submitted_at: WireTime | None
    decided_at: WireTime | None
    created_at: WireTime
    updated_at: WireTime
    upload: Upload | None = None
    """Only in the answer that gives the slot."""

    @classmethod
    @cache
    def _columns(cls) -> tuple[str, ...]:
        return tuple(name for name in cls.model_fields if name in Submission.__table__.c)

    @classmethod
    def _same(cls, submission: SubmissionRow) -> dict[str, Any]:
        told = submission.score_breakdown or {}
        same = {name: getattr(submission, name) for name in cls._columns()}
        reasons, feedback = told.get("reasons", []), told.get("feedback")
        if submission.reviewed_at and submission.status == "rejected" and not reasons:
            feedback = REJECTED_BY_A_PERSON  # the engine's would thank for the file
        return same | {"reasons": reasons, "feedback": feedback}


class SubmissionResource(_Scored):
    """A slot of a job and what came of it, as the client sees it."""

    object: Literal["submission"] = "submission"
    worker_id: str | None
    """`null` for the client's own file."""
    worker_ref: str | None
    captured_at: WireTime | None
    ai_star_rating: int | None
    """Same as `score`."""
    file_id: str | None
    paid_credits: int
    failure: str | None
    """What kept the engine from scoring it, in a sentence; the operator's log and overview have the error itself."""
    reviewed_at: WireTime | None

    @classmethod
    def of(cls, submission: SubmissionRow, upload: SignedUpload | None = None) -> Self:
        same = cls._same(submission)
        return cls.model_validate(
            same
            | {
                "ai_star_rating": submission.score,
                "failure": _told(submission.failure),
                "upload": Upload.of(upload) if upload else None,
            }
        )


def _told(failure: str | None) -> str | None:
    """An error in words for clients: its text may name paths, keys and hosts."""
    if failure is None:
        return None
    if failure.startswith((FileNotFoundError.__name__, ObjectMissing.__name__)):
        return "The file is not in the object store any more."
    return "The engine could not score the file, after several tries."


class WorkerSubmissionResource(_Scored):
    """A slot as its worker sees it: what it scored and why, without the numbers behind it."""

    object: Literal["submission"] = "submission"
    earned_credits: int
    strike: bool
    can_retry: bool
    submissions: list["WorkerSubmissionResource"] | None = None
    """All slots that one `accept` gave, where the job asks for several files at a time."""

    @classmethod
    def of(cls, submission: SubmissionRow, upload: SignedUpload | None = None) -> Self:
        same = cls._same(submission)
        told = submission.score_breakdown or {}
        shown = {name: told[name] for name in ("relevance", "quality", "completeness", "reasons") if told}
        return cls.model_validate(
            same
            | {
                "score_breakdown": shown | {"feedback": same["feedback"]} if told else None,
                "earned_credits": submission.paid_credits,
                "strike": submission.struck,
                "can_retry": submission.status == "retry_pending",
                "upload": Upload.of(upload) if upload else None,
            }
        )


class Submit(Wire):
    """What a worker may say about the file that it uploaded."""

    filename: Annotated[Filled, Field(max_length=255)] | None = None
    sha256: Sha256 | None = None
    captured_at: GivenTime | None = None


class Review(Wire):
    """A person's verdict."""

    decision: Literal["approve", "reject"]
    score: Annotated[int, Field(strict=True, ge=1, le=5), INTEGRAL] | None = None
    """What the person would have given; the engine's stands when absent."""
    note: Annotated[Text, Field(max_length=2000)] | None = None


class SubmissionSummary(Wire):
    """Submissions counted."""

    object: Literal["submission_summary"] = "submission_summary"
    job_id: str | None
    total: int
    by_status: dict[SubmissionStatus, int]
    by_score: dict[str, int]
    """`"1"` to `"5"`."""
    average_score: float | None
    approval_rate: float | None
    """Approved ÷ (approved + rejected); `null` while nothing is decided."""
    paid_credits: int
