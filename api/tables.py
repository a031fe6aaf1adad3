"""The tables. States stand with their transitions; what must never happen is a constraint."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from api.clock import now
from api.db import Id, Json, Moment

JOB_STATUSES = ("active", "completed", "cancelled", "timed_out")
"""`active` → `completed` (quantity approved) | `cancelled` (by the client) | `timed_out` (deadline); ends are final."""

SUBMISSION_STATUSES = (
    "awaiting_upload", "pending_score", "approved", "rejected", "retry_pending", "needs_review", "expired", "surplus",
)  # fmt: skip
"""
`awaiting_upload` → `pending_score` (bytes are there) | `expired` (lease ran out)
`pending_score` → `approved` | `rejected` | `retry_pending` (2 stars, first attempt) | `needs_review` (engine failed)
`retry_pending` → `awaiting_upload` (worker tries again) | `expired`
any of these and `needs_review` → `surplus` (the job ended first)
`needs_review`, `retry_pending`, `approved`, `rejected` → `approved` | `rejected` (a person decides)
"""

LIVE_STATUSES = ("awaiting_upload", "pending_score", "retry_pending", "needs_review")
"""Those that hold one of the job's slots."""

ENDED_UNSCORED = text(
    "original_deleted_at IS NULL AND (status IN ('expired', 'surplus') OR status = 'rejected' AND file_id IS NULL)"
)
"""Submissions whose last upload may lie in the store without a file that tells of it. The same words in the index and
in the query, since neither database would use the index for others."""

TRANSACTION_TYPES = (
    "purchase", "hold", "release", "capture", "refund", "adjustment", "bonus", "expiration",
)  # fmt: skip


def _one_of(column: str, values: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(value) for value in values)})"


class Table(DeclarativeBase):
    """Every table of the front end."""

    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy's own way to configure a base
        datetime: Moment,
        dict[str, Any]: Json,
        list[str]: Json,
        list[dict[str, Any]]: Json,
        bytes: LargeBinary,
    }


class Organization(Table):
    """A client: it posts jobs and owns all that comes of them."""

    __tablename__ = "organizations"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(320), unique=True)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """What differs from the defaults of `organizations.settings.OrganizationSettings`."""
    low_balance_at: Mapped[datetime | None]
    """Since when the available credits are below the threshold; the event fires once for each fall."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class ApiKey(Table):
    """A client's key: active until it expires or is revoked."""

    __tablename__ = "api_keys"
    __table_args__ = (Index("ix_api_keys_organization", "organization_id", "id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organization_id: Mapped[str] = mapped_column(Id, ForeignKey("organizations.id"))
    name: Mapped[str] = mapped_column(String(100))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    shown: Mapped[str] = mapped_column(String(20))
    """The first characters, to recognise it by."""
    livemode: Mapped[bool]
    scopes: Mapped[list[str]]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    rotated_to: Mapped[str | None] = mapped_column(Id)
    """The key that replaces it; `expires_at` is then the end of the overlap."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class Worker(Table):
    """A person who captures files. `active` → `banned` (three strikes, or by hand) → `active` (unbanned)."""

    __tablename__ = "workers"
    __table_args__ = (
        CheckConstraint(_one_of("status", ("active", "banned")), "worker_status"),
        CheckConstraint("strikes >= 0 AND earned_credits >= 0", "worker_counters"),
        Index("ix_workers_organization", "organization_id", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organization_id: Mapped[str] = mapped_column(Id, ForeignKey("organizations.id"))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(320))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    shown: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(16), default="active")
    banned_reason: Mapped[str | None] = mapped_column(String(500))
    strikes: Mapped[int] = mapped_column(default=0)
    earned_credits: Mapped[int] = mapped_column(BigInteger, default=0)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The client's own `metadata`."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class WorkerInvitation(Table):
    """A way for a worker to sign in on a device of its own, once. A newer one takes its place."""

    __tablename__ = "worker_invitations"

    worker_id: Mapped[str] = mapped_column(Id, ForeignKey("workers.id"), primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    """When it was used; it stays here so that a second try is told so."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class Job(Table):
    """A request for files. Its counters are kept here, under its row lock, since slots and money depend on them."""

    __tablename__ = "jobs"
    __table_args__ = (
        CheckConstraint(_one_of("status", JOB_STATUSES), "job_status"),
        CheckConstraint("files_approved BETWEEN 0 AND quantity", "job_quantity"),
        CheckConstraint("files_pending >= 0 AND (status = 'active' OR files_pending = 0)", "job_pending"),
        CheckConstraint("status <> 'active' OR files_approved + files_pending <= quantity", "job_slots"),
        CheckConstraint("NOT livemode OR spent_credits = files_approved * reward_per_file", "job_spent"),
        CheckConstraint(
            "held_credits = CASE WHEN livemode AND status = 'active' "
            "THEN (quantity - files_approved) * reward_per_file ELSE 0 END",
            "job_held",
        ),
        Index("ix_jobs_organization", "organization_id", "livemode", "id"),
        Index("ix_jobs_deadline", "deadline", postgresql_where=text("status = 'active'")),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organization_id: Mapped[str] = mapped_column(Id, ForeignKey("organizations.id"))
    livemode: Mapped[bool]
    status: Mapped[str] = mapped_column(String(16), default="active")
    title: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(String(32), default="data_collection")
    content_type: Mapped[str] = mapped_column(String(8))
    file_formats: Mapped[list[str]]
    quantity: Mapped[int]
    reward_per_file: Mapped[int]
    min_star_rating: Mapped[int]
    scoring_criteria: Mapped[str | None] = mapped_column(Text)
    files_per_submission: Mapped[int] = mapped_column(default=1)
    max_workers: Mapped[int | None]
    deadline: Mapped[datetime | None]
    location: Mapped[dict[str, Any] | None]
    worker_guidelines: Mapped[str | None] = mapped_column(Text)
    requirements: Mapped[dict[str, Any]] = mapped_column(default=dict)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """The client's own `metadata`."""
    keep_location: Mapped[bool] = mapped_column(default=False)
    files_approved: Mapped[int] = mapped_column(default=0)
    files_pending: Mapped[int] = mapped_column(default=0)
    """Submissions in one of `LIVE_STATUSES`."""
    held_credits: Mapped[int] = mapped_column(BigInteger, default=0)
    spent_credits: Mapped[int] = mapped_column(BigInteger, default=0)
    approvals: Mapped[int] = mapped_column(default=0)
    """Approvals ever made; the number of each stands on its file."""
    reversals: Mapped[int] = mapped_column(default=0)
    """Approvals that a person took back."""
    rating: Mapped[int | None]
    rating_comment: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    ended_at: Mapped[datetime | None]


class Submission(Table):
    """One slot of a job given to a worker (or taken by the client's own file), until the file in it is decided."""

    __tablename__ = "submissions"
    __table_args__ = (
        CheckConstraint(_one_of("status", SUBMISSION_STATUSES), "submission_status"),
        CheckConstraint("score IS NULL OR score BETWEEN 1 AND 5", "submission_score"),
        CheckConstraint("(claimable_at IS NOT NULL) = (status = 'pending_score')", "submission_queue"),
        CheckConstraint("(lease_expires_at IS NOT NULL) = (status IN ('awaiting_upload', 'retry_pending'))", "lease"),
        Index("ix_submissions_queue", "claimable_at"),
        Index("ix_submissions_lease", "lease_expires_at"),
        Index("ix_submissions_organization", "organization_id", "livemode", "id"),
        Index("ix_submissions_organization_status", "organization_id", "livemode", "status", "id"),
        Index("ix_submissions_summary", "organization_id", "livemode", "job_id", "status", "score", "paid_credits"),
        Index("ix_submissions_job", "job_id", "id"),
        Index("ix_submissions_job_status", "job_id", "status", "id"),
        Index("ix_submissions_worker", "worker_id", "id"),
        Index(
            "ix_submissions_disputed",
            "job_id",
            "id",
            postgresql_where=text("disputed_by IS NOT NULL"),
            sqlite_where=text("disputed_by IS NOT NULL"),
        ),
        Index(
            "ix_submissions_upload",
            "id",
            postgresql_where=text("upload_id IS NOT NULL"),
            sqlite_where=text("upload_id IS NOT NULL"),
        ),
        Index(
            "ix_submissions_turns",
            "organization_id",
            "claimable_at",
            postgresql_where=text("claimable_at IS NOT NULL"),
            sqlite_where=text("claimable_at IS NOT NULL"),
        ),
        Index(
            "ix_submissions_arrival",
            "arrival_check_at",
            postgresql_where=text("arrival_check_at IS NOT NULL"),
            sqlite_where=text("arrival_check_at IS NOT NULL"),
        ),
        Index(
            "ix_submissions_unscored",
            "organization_id",
            "updated_at",
            postgresql_where=ENDED_UNSCORED,
            sqlite_where=ENDED_UNSCORED,
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organization_id: Mapped[str] = mapped_column(Id, ForeignKey("organizations.id"))
    job_id: Mapped[str] = mapped_column(Id, ForeignKey("jobs.id"))
    worker_id: Mapped[str | None] = mapped_column(Id, ForeignKey("workers.id"))
    """`None` for the client's own file."""
    livemode: Mapped[bool]
    status: Mapped[str] = mapped_column(String(16))
    attempt: Mapped[int] = mapped_column(default=1)
    """1, or 2 after the retry."""
    lease_expires_at: Mapped[datetime | None]
    """When the slot is taken back."""
    arrival_check_at: Mapped[datetime | None]
    """When to look whether the client's own file was uploaded, since nobody tells us; and of an expired one, when to
    remove what was uploaded all the same."""
    claimable_at: Mapped[datetime | None]
    """When a dispatcher may take it: in the past, or at the end of another one's claim."""
    claim_token: Mapped[str | None] = mapped_column(Id)
    """Of the claim under way; a decision under another one is void."""
    engine_attempts: Mapped[int] = mapped_column(default=0)
    filename: Mapped[str | None] = mapped_column(String(255))
    declared_size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    declared_sha256: Mapped[str | None] = mapped_column(String(64))
    upload_id: Mapped[str | None] = mapped_column(Text)
    """Of an upload in parts, in the store's words, until the sweeper has seen that it is over."""
    worker_ref: Mapped[str | None] = mapped_column(String(255))
    """Whom the client says that its file is from."""
    captured_at: Mapped[datetime | None]
    file_id: Mapped[str | None] = mapped_column(Id)
    """Of the newest file that was scored."""
    score: Mapped[int | None]
    score_breakdown: Mapped[dict[str, Any] | None]
    failure: Mapped[str | None] = mapped_column(Text)
    """What kept the engine from scoring it, for the operator."""
    paid_credits: Mapped[int] = mapped_column(default=0)
    struck: Mapped[bool] = mapped_column(default=False)
    """Whether its worker has a strike for it."""
    submitted_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    disputed_by: Mapped[str | None] = mapped_column(Id)
    """The rescoring whose stars would have decided otherwise; until a person has looked at it."""
    original_deleted_at: Mapped[datetime | None]
    """Of what ended without being scored; else it stands on the file."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class File(Table):
    """A file that was scored. Its status is that of its submission when it was decided, reviewed or ended since; that
    of a first attempt is `rejected` once the second one is taken."""

    __tablename__ = "files"
    __table_args__ = (
        CheckConstraint("status IN ('approved', 'rejected', 'retry_pending', 'surplus')", "file_status"),
        CheckConstraint("score BETWEEN 1 AND 5", "file_score"),
        Index("ix_files_organization", "organization_id", "livemode", "id"),
        Index("ix_files_organization_status", "organization_id", "livemode", "status", "score", "id"),
        Index("ix_files_job", "job_id", "status", "score", "id"),
        Index("ix_files_job_newest", "job_id", "id"),
        Index("ix_files_job_status", "job_id", "status", "id"),
        Index("ix_files_approval", "job_id", "approval"),
        Index("ix_files_submission", "submission_id"),
        Index(
            "ix_files_original",
            "organization_id",
            "created_at",
            postgresql_where=text("original_deleted_at IS NULL"),
            sqlite_where=text("original_deleted_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organization_id: Mapped[str] = mapped_column(Id, ForeignKey("organizations.id"))
    job_id: Mapped[str] = mapped_column(Id, ForeignKey("jobs.id"))
    submission_id: Mapped[str] = mapped_column(Id, ForeignKey("submissions.id"))
    livemode: Mapped[bool]
    status: Mapped[str] = mapped_column(String(16))
    content_type: Mapped[str | None] = mapped_column(String(8))
    """`None` for a file that could not be read, like all that follows but the size."""
    format: Mapped[str | None] = mapped_column(String(8))
    mime_type: Mapped[str | None] = mapped_column(String(32))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    """Of what is delivered, where something is; of the original else."""
    sha256: Mapped[str | None] = mapped_column(String(64))
    """Like `size_bytes`."""
    width: Mapped[int | None]
    height: Mapped[int | None]
    duration_seconds: Mapped[float | None]
    score: Mapped[int]
    score_breakdown: Mapped[dict[str, Any]]
    annotations: Mapped[dict[str, Any] | None]
    fingerprint: Mapped[dict[str, Any] | None]
    """Of `pipeline.duplicates`."""
    approval: Mapped[int | None]
    """Its number among the approvals of the job; `None` unless approved."""
    original_key: Mapped[str] = mapped_column(String(255))
    """What was uploaded, in the object store."""
    delivered_key: Mapped[str | None] = mapped_column(String(255))
    """What the client gets; there once the file was approved."""
    filename: Mapped[str] = mapped_column(String(255))
    """Of the download."""
    original_deleted_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class Embedding(Table):
    """A vector of a file in the concept encoder's space, for the search by meaning."""

    __tablename__ = "embeddings"
    __table_args__ = (Index("ix_embeddings_job", "job_id"), Index("ix_embeddings_organization", "organization_id"))

    file_id: Mapped[str] = mapped_column(Id, ForeignKey("files.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    """`image`, `read` (text in the picture) or `heard` (speech)."""
    organization_id: Mapped[str] = mapped_column(Id)
    job_id: Mapped[str] = mapped_column(Id)
    livemode: Mapped[bool]
    encoder: Mapped[str] = mapped_column(String(64))
    """Name and digest of the weights; vectors of different encoders are never compared."""
    vector: Mapped[bytes]
    """float32, little endian, unit length."""


class Account(Table):
    """A balance of the ledger, kept beside the entries so that it can be locked and never fall below zero."""

    __tablename__ = "accounts"
    __table_args__ = (CheckConstraint("balance >= 0 OR name IN ('purchased', 'granted')", "account_balance"),)

    organization_id: Mapped[str] = mapped_column(Id, ForeignKey("organizations.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(16), primary_key=True)
    """`available`, `held`, `paid` (to workers), and the sources `purchased` and `granted`, which are negative."""
    balance: Mapped[int] = mapped_column(BigInteger, default=0)


class LedgerTransaction(Table):
    """One movement of credits. Never changed, never deleted (triggers see to it)."""

    __tablename__ = "ledger_transactions"
    __table_args__ = (
        CheckConstraint(_one_of("type", TRANSACTION_TYPES), "transaction_type"),
        CheckConstraint("amount_credits > 0", "transaction_amount"),
        Index("ix_ledger_transactions_organization", "organization_id", "id"),
        Index("ix_ledger_transactions_job", "job_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organization_id: Mapped[str] = mapped_column(Id, ForeignKey("organizations.id"))
    type: Mapped[str] = mapped_column(String(16))
    amount_credits: Mapped[int] = mapped_column(BigInteger)
    key: Mapped[str] = mapped_column(String(255), unique=True)
    """What it is for, for example `capture:sub_…:1`: the same thing is never booked twice."""
    job_id: Mapped[str | None] = mapped_column(Id)
    submission_id: Mapped[str | None] = mapped_column(Id)
    description: Mapped[str] = mapped_column(String(500))
    available_after: Mapped[int] = mapped_column(BigInteger)
    held_after: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(default=now)


class LedgerEntry(Table):
    """One side of a transaction; the entries of a transaction add up to zero."""

    __tablename__ = "ledger_entries"
    __table_args__ = (Index("ix_ledger_entries_account", "organization_id", "account"),)

    transaction_id: Mapped[str] = mapped_column(Id, ForeignKey("ledger_transactions.id"), primary_key=True)
    account: Mapped[str] = mapped_column(String(16), primary_key=True)
    organization_id: Mapped[str] = mapped_column(Id, ForeignKey("organizations.id"))
    amount_credits: Mapped[int] = mapped_column(BigInteger)
    """Added to the account; negative when taken from it."""


class IdempotencyKey(Table):
    """The answer to a mutating request, for its repetition; kept for a day."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("ix_idempotency_keys_created", "created_at"),)

    owner_id: Mapped[str] = mapped_column(Id, primary_key=True)
    """The organization in a mode, the API key or the worker; see `api.idempotency.owner_of`."""
    route: Mapped[str] = mapped_column(String(200), primary_key=True)
    """Method and path, with its ids."""
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    request_hash: Mapped[str] = mapped_column(String(64))
    response_status: Mapped[int]
    response_body: Mapped[str] = mapped_column(Text)
    """Sealed, since it may hold a new token."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class WebhookEndpoint(Table):
    """A client's receiver. `enabled` → `disabled` (by hand, a 410, or failing for days) → `enabled`."""

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        CheckConstraint(_one_of("status", ("enabled", "disabled")), "endpoint_status"),
        Index("ix_webhook_endpoints_organization", "organization_id", "livemode", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organization_id: Mapped[str] = mapped_column(Id, ForeignKey("organizations.id"))
    livemode: Mapped[bool]
    url: Mapped[str] = mapped_column(String(2000))
    description: Mapped[str | None] = mapped_column(String(500))
    events: Mapped[list[str]]
    """Types that it wants; `*` is all of them."""
    status: Mapped[str] = mapped_column(String(16), default="enabled")
    disabled_reason: Mapped[str | None] = mapped_column(String(500))
    sealed_secret: Mapped[str] = mapped_column(Text)
    sealed_old_secret: Mapped[str | None] = mapped_column(Text)
    old_secret_expires_at: Mapped[datetime | None]
    failing_since: Mapped[datetime | None]
    """Of the first failure since the last success."""
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class Event(Table):
    """Something that happened, as webhooks tell it. Written in the transaction in which it happened."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_organization", "organization_id", "livemode", "id"),
        Index("ix_events_type", "organization_id", "livemode", "type", "id"),
        Index("ix_events_unplanned", "planned_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organization_id: Mapped[str] = mapped_column(Id, ForeignKey("organizations.id"))
    livemode: Mapped[bool]
    type: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]
    planned_at: Mapped[datetime | None]
    """When its deliveries were made; `None` until the sender saw it."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class WebhookDelivery(Table):
    """An event on its way to an endpoint: `pending` → `succeeded` | `failed` (given up) → `pending` (replay)."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint(_one_of("status", ("pending", "succeeded", "failed")), "delivery_status"),
        CheckConstraint("(next_attempt_at IS NOT NULL) = (status = 'pending')", "delivery_queue"),
        Index("ix_webhook_deliveries_queue", "next_attempt_at"),
        Index("ix_webhook_deliveries_endpoint", "endpoint_id", "next_attempt_at"),
        Index("ix_webhook_deliveries_event", "event_id", "endpoint_id", unique=True),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    event_id: Mapped[str] = mapped_column(Id, ForeignKey("events.id"))
    endpoint_id: Mapped[str] = mapped_column(Id, ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(String(16), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    """In the present run of the schedule; a replay starts it anew."""
    next_attempt_at: Mapped[datetime | None] = mapped_column(default=now)
    """Also the end of a sender's claim."""
    claim_token: Mapped[str | None] = mapped_column(Id)
    log: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """Each attempt: `{at, status, error, duration_ms}`, oldest first."""
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)


class Export(Table):
    """A dataset in the making. `pending` → `running` → `completed` | `failed`."""

    __tablename__ = "exports"
    __table_args__ = (
        CheckConstraint(_one_of("status", ("pending", "running", "completed", "failed")), "export_status"),
        CheckConstraint(_one_of("format", ("jsonl", "coco", "webdataset", "hf")), "export_format"),
        Index("ix_exports_organization", "organization_id", "id"),
        Index("ix_exports_queue", "claimable_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organization_id: Mapped[str] = mapped_column(Id, ForeignKey("organizations.id"))
    job_id: Mapped[str] = mapped_column(Id, ForeignKey("jobs.id"))
    livemode: Mapped[bool]
    format: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16), default="pending")
    claimable_at: Mapped[datetime | None] = mapped_column(default=now)
    """`None` once it has ended."""
    claim_token: Mapped[str | None] = mapped_column(Id)
    attempts: Mapped[int] = mapped_column(default=0)
    file_count: Mapped[int | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    key: Mapped[str | None] = mapped_column(String(255))
    """In the object store."""
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    completed_at: Mapped[datetime | None]


class AuditEntry(Table):
    """Who did what to a job or an account; written in the transaction that did it."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        Index("ix_audit_entries_job", "job_id", "id"),
        Index(
            "ix_audit_entries_account",
            "organization_id",
            "id",
            postgresql_where=text("job_id IS NULL"),
            sqlite_where=text("job_id IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organization_id: Mapped[str] = mapped_column(Id, ForeignKey("organizations.id"))
    job_id: Mapped[str | None] = mapped_column(Id)
    actor: Mapped[str] = mapped_column(String(64))
    """Id of the key or worker, or `engine`, `system`, `operator`."""
    action: Mapped[str] = mapped_column(String(64))
    """For example `job.created`, `submission.approved`."""
    subject_id: Mapped[str | None] = mapped_column(Id)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    request_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)


class Label(Table):
    """A person's verdict on a scored file: what the calibration learns from."""

    __tablename__ = "labels"
    __table_args__ = (
        CheckConstraint(_one_of("decision", ("approve", "reject")), "label_decision"),
        Index("ix_labels_organization", "organization_id", "id"),
        Index("ix_labels_submission", "submission_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organization_id: Mapped[str] = mapped_column(Id, ForeignKey("organizations.id"))
    submission_id: Mapped[str] = mapped_column(Id, ForeignKey("submissions.id"))
    file_id: Mapped[str | None] = mapped_column(Id)
    reviewer: Mapped[str] = mapped_column(String(64))
    decision: Mapped[str] = mapped_column(String(16))
    score: Mapped[int | None]
    note: Mapped[str | None] = mapped_column(Text)
    engine_score: Mapped[int | None]
    """What the engine gave, whatever people said before; like the evidence `None` where it failed."""
    rubric_version: Mapped[str | None] = mapped_column(String(64))
    """By which the engine scored."""
    evidence: Mapped[dict[str, Any] | None]
    """Of the file that the person decided on, as it was then."""
    created_at: Mapped[datetime] = mapped_column(default=now)


class StoredRubric(Table):
    """A version of the rubric beside the shipped one. Never changed, never deleted (triggers see to it)."""

    __tablename__ = "rubrics"
    __table_args__ = (CheckConstraint(_one_of("origin", ("fitted", "file")), "rubric_origin"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    """The version that scores name."""
    organization_id: Mapped[str | None] = mapped_column(Id, ForeignKey("organizations.id"))
    """Whose jobs it is for; `None` for all."""
    content_type: Mapped[str | None] = mapped_column(String(8))
    """Which jobs it is for; `None` for all."""
    origin: Mapped[str] = mapped_column(String(8))
    """`fitted` to labels, or read from a `file`."""
    parent_version: Mapped[str] = mapped_column(String(64))
    """What it was fitted from, or stood in its place."""
    parent_digest: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    document: Mapped[dict[str, Any]]
    """All of the rubric, as in `rubric.yaml`."""
    fitted_on: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Counts of the labels and the cross-validated figures before and after."""
    created_by: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(default=now)


class RubricActivation(Table):
    """From when on a version scores the jobs of a scope; the newest one of a scope holds. Only added to."""

    __tablename__ = "rubric_activations"
    __table_args__ = (Index("ix_rubric_activations_scope", "organization_id", "content_type", "id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organization_id: Mapped[str | None] = mapped_column(Id, ForeignKey("organizations.id"))
    content_type: Mapped[str | None] = mapped_column(String(8))
    rubric_id: Mapped[str | None] = mapped_column(Id, ForeignKey("rubrics.id"))
    """`None`: the scope has none of its own again."""
    actor: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)


class Rescoring(Table):
    """A job whose stored submissions are scored again. `running` (again after an interruption) → `completed`."""

    __tablename__ = "rescorings"
    __table_args__ = (
        CheckConstraint(_one_of("status", ("running", "completed")), "rescoring_status"),
        Index("ix_rescorings_job", "job_id", "id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    organization_id: Mapped[str] = mapped_column(Id, ForeignKey("organizations.id"))
    job_id: Mapped[str] = mapped_column(Id, ForeignKey("jobs.id"))
    rubric_version: Mapped[str] = mapped_column(String(64))
    rubric_digest: Mapped[str] = mapped_column(String(64))
    weights: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Digests by role of the weights that looked at the originals again; empty where stored evidence is scored."""
    status: Mapped[str] = mapped_column(String(16), default="running")
    cursor: Mapped[str] = mapped_column(Id, default="")
    """The last submission that is done."""
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    updated_at: Mapped[datetime] = mapped_column(default=now, onupdate=now)
    completed_at: Mapped[datetime | None]


class EarlierScore(Table):
    """What a file had before a rescoring; what it has now stands in the file. Only added to."""

    __tablename__ = "earlier_scores"
    __table_args__ = (
        CheckConstraint("score BETWEEN 1 AND 5", "earlier_score"),
        Index("ix_earlier_scores_file", "file_id", "rescoring_id"),
    )

    rescoring_id: Mapped[str] = mapped_column(Id, ForeignKey("rescorings.id"), primary_key=True)
    submission_id: Mapped[str] = mapped_column(Id, ForeignKey("submissions.id"), primary_key=True)
    file_id: Mapped[str] = mapped_column(Id, ForeignKey("files.id"))
    score: Mapped[int]
    """The engine's, 1–5."""
    score_breakdown: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=now)
