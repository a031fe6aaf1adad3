"""All tables of the front end"""

import sqlalchemy as sa
from alembic import op

from api.db import Id, Json, Moment

revision = "0001"
down_revision = None


def upgrade() -> None:

    op.create_table(
        "idempotency_keys",
        sa.Column("owner_id", Id, nullable=False),
        sa.Column("route", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("response_status", sa.Integer(), nullable=False),
        sa.Column("response_body", sa.Text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", "route", "key"),
    )
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.create_index("ix_idempotency_keys_created", ["created_at"], unique=False)

    op.create_table(
        "organizations",
        sa.Column("id", Id, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("settings", Json, nullable=False),
        sa.Column("low_balance_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("email"),
    )
    op.create_table(
        "accounts",
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("name", sa.String(length=16), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("balance >= 0 OR name IN ('purchased', 'granted')", name="account_balance"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
        ),
        sa.PrimaryKeyConstraint("organization_id", "name"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("shown", sa.String(length=20), nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("expires_at", Moment(), nullable=True),
        sa.Column("revoked_at", Moment(), nullable=True),
        sa.Column("rotated_to", Id, nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.create_index("ix_api_keys_organization", ["organization_id", "id"], unique=False)

    op.create_table(
        "audit_entries",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("job_id", Id, nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject_id", Id, nullable=True),
        sa.Column("details", Json, nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entries_job", ["job_id", "id"], unique=False)
        batch_op.create_index("ix_audit_entries_organization", ["organization_id", "id"], unique=False)

    op.create_table(
        "events",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("data", Json, nullable=False),
        sa.Column("planned_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index("ix_events_organization", ["organization_id", "livemode", "id"], unique=False)
        batch_op.create_index("ix_events_type", ["organization_id", "livemode", "type", "id"], unique=False)
        batch_op.create_index("ix_events_unplanned", ["planned_at"], unique=False)

    op.create_table(
        "jobs",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("type", sa.String(length=32), nullable=False),
        sa.Column("content_type", sa.String(length=8), nullable=False),
        sa.Column("file_formats", Json, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("reward_per_file", sa.Integer(), nullable=False),
        sa.Column("min_star_rating", sa.Integer(), nullable=False),
        sa.Column("scoring_criteria", sa.Text(), nullable=True),
        sa.Column("files_per_submission", sa.Integer(), nullable=False),
        sa.Column("max_workers", sa.Integer(), nullable=True),
        sa.Column("deadline", Moment(), nullable=True),
        sa.Column("location", Json, nullable=True),
        sa.Column("worker_guidelines", sa.Text(), nullable=True),
        sa.Column("requirements", Json, nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.Column("keep_location", sa.Boolean(), nullable=False),
        sa.Column("files_approved", sa.Integer(), nullable=False),
        sa.Column("files_pending", sa.Integer(), nullable=False),
        sa.Column("held_credits", sa.BigInteger(), nullable=False),
        sa.Column("spent_credits", sa.BigInteger(), nullable=False),
        sa.Column("approvals", sa.Integer(), nullable=False),
        sa.Column("reversals", sa.Integer(), nullable=False),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("rating_comment", sa.Text(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("ended_at", Moment(), nullable=True),
        sa.CheckConstraint("files_pending >= 0 AND (status = 'active' OR files_pending = 0)", name="job_pending"),
        sa.CheckConstraint(
            "held_credits = CASE WHEN livemode AND status = 'active' THEN (quantity - files_approved) * reward_per_file ELSE 0 END",
            name="job_held",
        ),
        sa.CheckConstraint("status <> 'active' OR files_approved + files_pending <= quantity", name="job_slots"),
        sa.CheckConstraint("status IN ('active', 'completed', 'cancelled', 'timed_out')", name="job_status"),
        sa.CheckConstraint("NOT livemode OR spent_credits = files_approved * reward_per_file", name="job_spent"),
        sa.CheckConstraint("files_approved BETWEEN 0 AND quantity", name="job_quantity"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_jobs_deadline", ["deadline"], unique=False, postgresql_where=sa.text("status = 'active'")
        )
        batch_op.create_index("ix_jobs_organization", ["organization_id", "livemode", "id"], unique=False)

    op.create_table(
        "ledger_transactions",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("type", sa.String(length=16), nullable=False),
        sa.Column("amount_credits", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("job_id", Id, nullable=True),
        sa.Column("submission_id", Id, nullable=True),
        sa.Column("description", sa.String(length=500), nullable=False),
        sa.Column("available_after", sa.BigInteger(), nullable=False),
        sa.Column("held_after", sa.BigInteger(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint(
            "type IN ('purchase', 'hold', 'release', 'capture', 'refund', 'adjustment', 'bonus', 'expiration')",
            name="transaction_type",
        ),
        sa.CheckConstraint("amount_credits > 0", name="transaction_amount"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    with op.batch_alter_table("ledger_transactions", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_transactions_job", ["job_id"], unique=False)
        batch_op.create_index("ix_ledger_transactions_organization", ["organization_id", "id"], unique=False)

    op.create_table(
        "webhook_endpoints",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("description", sa.String(length=500), nullable=True),
        sa.Column("events", Json, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("disabled_reason", sa.String(length=500), nullable=True),
        sa.Column("sealed_secret", sa.Text(), nullable=False),
        sa.Column("sealed_old_secret", sa.Text(), nullable=True),
        sa.Column("old_secret_expires_at", Moment(), nullable=True),
        sa.Column("failing_since", Moment(), nullable=True),
        sa.Column("details", Json, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("status IN ('enabled', 'disabled')", name="endpoint_status"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("webhook_endpoints", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_endpoints_organization", ["organization_id", "livemode", "id"], unique=False)

    op.create_table(
        "workers",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=320), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("shown", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("banned_reason", sa.String(length=500), nullable=True),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("earned_credits", sa.BigInteger(), nullable=False),
        sa.Column("details", Json, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("status IN ('active', 'banned')", name="worker_status"),
        sa.CheckConstraint("strikes >= 0 AND earned_credits >= 0", name="worker_counters"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    with op.batch_alter_table("workers", schema=None) as batch_op:
        batch_op.create_index("ix_workers_organization", ["organization_id", "id"], unique=False)

    op.create_table(
        "exports",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("job_id", Id, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("claimable_at", Moment(), nullable=True),
        sa.Column("claim_token", Id, nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("file_count", sa.Integer(), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("key", sa.String(length=255), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("completed_at", Moment(), nullable=True),
        sa.CheckConstraint("format IN ('jsonl', 'coco', 'webdataset', 'hf')", name="export_format"),
        sa.CheckConstraint("status IN ('pending', 'running', 'completed', 'failed')", name="export_status"),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("exports", schema=None) as batch_op:
        batch_op.create_index("ix_exports_organization", ["organization_id", "id"], unique=False)
        batch_op.create_index("ix_exports_queue", ["claimable_at"], unique=False)

    op.create_table(
        "ledger_entries",
        sa.Column("transaction_id", Id, nullable=False),
        sa.Column("account", sa.String(length=16), nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("amount_credits", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
        ),
        sa.ForeignKeyConstraint(
            ["transaction_id"],
            ["ledger_transactions.id"],
        ),
        sa.PrimaryKeyConstraint("transaction_id", "account"),
    )
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.create_index("ix_ledger_entries_account", ["organization_id", "account"], unique=False)

    op.create_table(
        "submissions",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("job_id", Id, nullable=False),
        sa.Column("worker_id", Id, nullable=True),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("lease_expires_at", Moment(), nullable=True),
        sa.Column("arrival_check_at", Moment(), nullable=True),
        sa.Column("claimable_at", Moment(), nullable=True),
        sa.Column("claim_token", Id, nullable=True),
        sa.Column("engine_attempts", sa.Integer(), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=True),
        sa.Column("declared_size_bytes", sa.BigInteger(), nullable=True),
        sa.Column("declared_sha256", sa.String(length=64), nullable=True),
        sa.Column("worker_ref", sa.String(length=255), nullable=True),
        sa.Column("captured_at", Moment(), nullable=True),
        sa.Column("file_id", Id, nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("score_breakdown", Json, nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("paid_credits", sa.Integer(), nullable=False),
        sa.Column("struck", sa.Boolean(), nullable=False),
        sa.Column("submitted_at", Moment(), nullable=True),
        sa.Column("decided_at", Moment(), nullable=True),
        sa.Column("reviewed_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("(claimable_at IS NOT NULL) = (status = 'pending_score')", name="submission_queue"),
        sa.CheckConstraint(
            "(lease_expires_at IS NOT NULL) = (status IN ('awaiting_upload', 'retry_pending'))", name="lease"
        ),
        sa.CheckConstraint(
            "status IN ('awaiting_upload', 'pending_score', 'approved', 'rejected', 'retry_pending', 'needs_review', 'expired', 'surplus')",
            name="submission_status",
        ),
        sa.CheckConstraint("score IS NULL OR score BETWEEN 1 AND 5", name="submission_score"),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
        ),
        sa.ForeignKeyConstraint(
            ["worker_id"],
            ["workers.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.create_index("ix_submissions_job", ["job_id", "id"], unique=False)
        batch_op.create_index("ix_submissions_job_status", ["job_id", "status", "id"], unique=False)
        batch_op.create_index("ix_submissions_lease", ["lease_expires_at"], unique=False)
        batch_op.create_index("ix_submissions_organization", ["organization_id", "livemode", "id"], unique=False)
        batch_op.create_index(
            "ix_submissions_organization_status", ["organization_id", "livemode", "status", "id"], unique=False
        )
        batch_op.create_index(
            "ix_submissions_summary",
            ["organization_id", "livemode", "job_id", "status", "score", "paid_credits"],
            unique=False,
        )
        batch_op.create_index("ix_submissions_queue", ["claimable_at"], unique=False)
        batch_op.create_index("ix_submissions_worker", ["worker_id", "id"], unique=False)

    op.create_table(
        "webhook_deliveries",
        sa.Column("id", Id, nullable=False),
        sa.Column("event_id", Id, nullable=False),
        sa.Column("endpoint_id", Id, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", Moment(), nullable=True),
        sa.Column("claim_token", Id, nullable=True),
        sa.Column("log", Json, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("(next_attempt_at IS NOT NULL) = (status = 'pending')", name="delivery_queue"),
        sa.CheckConstraint("status IN ('pending', 'succeeded', 'failed')", name="delivery_status"),
        sa.ForeignKeyConstraint(["endpoint_id"], ["webhook_endpoints.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["event_id"],
            ["events.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.create_index("ix_webhook_deliveries_endpoint", ["endpoint_id", "next_attempt_at"], unique=False)
        batch_op.create_index("ix_webhook_deliveries_event", ["event_id", "endpoint_id"], unique=True)
        batch_op.create_index("ix_webhook_deliveries_queue", ["next_attempt_at"], unique=False)

    op.create_table(
        "files",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("job_id", Id, nullable=False),
        sa.Column("submission_id", Id, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("content_type", sa.String(length=8), nullable=True),
        sa.Column("format", sa.String(length=8), nullable=True),
        sa.Column("mime_type", sa.String(length=32), nullable=True),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("duration_seconds", sa.Double(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("score_breakdown", Json, nullable=False),
        sa.Column("annotations", Json, nullable=True),
        sa.Column("fingerprint", Json, nullable=True),
        sa.Column("approval", sa.Integer(), nullable=True),
        sa.Column("original_key", sa.String(length=255), nullable=False),
        sa.Column("delivered_key", sa.String(length=255), nullable=True),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("original_deleted_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.CheckConstraint("status IN ('approved', 'rejected', 'retry_pending', 'surplus')", name="file_status"),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name="file_score"),
        sa.ForeignKeyConstraint(
            ["job_id"],
            ["jobs.id"],
        ),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.create_index("ix_files_approval", ["job_id", "approval"], unique=False)
        batch_op.create_index("ix_files_job", ["job_id", "status", "score", "id"], unique=False)
        batch_op.create_index("ix_files_job_newest", ["job_id", "id"], unique=False)
        batch_op.create_index("ix_files_job_status", ["job_id", "status", "id"], unique=False)
        batch_op.create_index("ix_files_organization", ["organization_id", "livemode", "id"], unique=False)
        batch_op.create_index(
            "ix_files_organization_status", ["organization_id", "livemode", "status", "score", "id"], unique=False
        )
        batch_op.create_index("ix_files_submission", ["submission_id"], unique=False)

    op.create_table(
        "labels",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("submission_id", Id, nullable=False),
        sa.Column("file_id", Id, nullable=True),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("engine_score", sa.Integer(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint("decision IN ('approve', 'reject')", name="label_decision"),
        sa.ForeignKeyConstraint(
            ["organization_id"],
            ["organizations.id"],
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"],
            ["submissions.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("labels", schema=None) as batch_op:
        batch_op.create_index("ix_labels_organization", ["organization_id", "id"], unique=False)
        batch_op.create_index("ix_labels_submission", ["submission_id"], unique=False)

    op.create_table(
        "embeddings",
        sa.Column("file_id", Id, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("job_id", Id, nullable=False),
        sa.Column("livemode", sa.Boolean(), nullable=False),
        sa.Column("encoder", sa.String(length=64), nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"],
            ["files.id"],
        ),
        sa.PrimaryKeyConstraint("file_id", "kind"),
    )
    with op.batch_alter_table("embeddings", schema=None) as batch_op:
        batch_op.create_index("ix_embeddings_job", ["job_id"], unique=False)
        batch_op.create_index("ix_embeddings_organization", ["organization_id"], unique=False)


def downgrade() -> None:

    with op.batch_alter_table("embeddings", schema=None) as batch_op:
        batch_op.drop_index("ix_embeddings_organization")
        batch_op.drop_index("ix_embeddings_job")

    op.drop_table("embeddings")
    with op.batch_alter_table("labels", schema=None) as batch_op:
        batch_op.drop_index("ix_labels_submission")
        batch_op.drop_index("ix_labels_organization")

    op.drop_table("labels")
    with op.batch_alter_table("files", schema=None) as batch_op:
        batch_op.drop_index("ix_files_submission")
        batch_op.drop_index("ix_files_organization_status")
        batch_op.drop_index("ix_files_organization")
        batch_op.drop_index("ix_files_job_status")
        batch_op.drop_index("ix_files_job_newest")
        batch_op.drop_index("ix_files_job")
        batch_op.drop_index("ix_files_approval")

    op.drop_table("files")
    with op.batch_alter_table("webhook_deliveries", schema=None) as batch_op:
        batch_op.drop_index("ix_webhook_deliveries_queue")
        batch_op.drop_index("ix_webhook_deliveries_event")
        batch_op.drop_index("ix_webhook_deliveries_endpoint")

    op.drop_table("webhook_deliveries")
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_index("ix_submissions_worker")
        batch_op.drop_index("ix_submissions_queue")
        batch_op.drop_index("ix_submissions_summary")
        batch_op.drop_index("ix_submissions_organization_status")
        batch_op.drop_index("ix_submissions_organization")
        batch_op.drop_index("ix_submissions_lease")
        batch_op.drop_index("ix_submissions_job_status")
        batch_op.drop_index("ix_submissions_job")

    op.drop_table("submissions")
    with op.batch_alter_table("ledger_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_entries_account")

    op.drop_table("ledger_entries")
    with op.batch_alter_table("exports", schema=None) as batch_op:
        batch_op.drop_index("ix_exports_queue")
        batch_op.drop_index("ix_exports_organization")

    op.drop_table("exports")
    with op.batch_alter_table("workers", schema=None) as batch_op:
        batch_op.drop_index("ix_workers_organization")

    op.drop_table("workers")
    with op.batch_alter_table("webhook_endpoints", schema=None) as batch_op:
        batch_op.drop_index("ix_webhook_endpoints_organization")

    op.drop_table("webhook_endpoints")
    with op.batch_alter_table("ledger_transactions", schema=None) as batch_op:
        batch_op.drop_index("ix_ledger_transactions_organization")
        batch_op.drop_index("ix_ledger_transactions_job")

    op.drop_table("ledger_transactions")
    with op.batch_alter_table("jobs", schema=None) as batch_op:
        batch_op.drop_index("ix_jobs_organization")
        batch_op.drop_index("ix_jobs_deadline", postgresql_where=sa.text("status = 'active'"))

    op.drop_table("jobs")
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_index("ix_events_unplanned")
        batch_op.drop_index("ix_events_type")
        batch_op.drop_index("ix_events_organization")

    op.drop_table("events")
    with op.batch_alter_table("audit_entries", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entries_organization")
        batch_op.drop_index("ix_audit_entries_job")

    op.drop_table("audit_entries")
    with op.batch_alter_table("api_keys", schema=None) as batch_op:
        batch_op.drop_index("ix_api_keys_organization")

    op.drop_table("api_keys")
    op.drop_table("accounts")
    op.drop_table("organizations")
    with op.batch_alter_table("idempotency_keys", schema=None) as batch_op:
        batch_op.drop_index("ix_idempotency_keys_created")

    op.drop_table("idempotency_keys")
