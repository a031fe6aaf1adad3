"""Versions of the rubric, labels with their evidence, and rescorings"""

import sqlalchemy as sa
from alembic import op

from api.db import Id, Json, Moment

revision = "0004"
down_revision = "0003"

APPEND_ONLY = ("rubrics", "rubric_activations", "earlier_scores")


def upgrade() -> None:
    op.add_column("labels", sa.Column("rubric_version", sa.String(length=64), nullable=True))
    op.add_column("labels", sa.Column("evidence", Json, nullable=True))
    op.add_column("submissions", sa.Column("disputed_by", Id, nullable=True))
    disputed = sa.text("disputed_by IS NOT NULL")
    op.create_index(
        "ix_submissions_disputed", "submissions", ["job_id", "id"], postgresql_where=disputed, sqlite_where=disputed
    )
    op.create_table(
        "rubrics",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=True),
        sa.Column("content_type", sa.String(length=8), nullable=True),
        sa.Column("origin", sa.String(length=8), nullable=False),
        sa.Column("parent_version", sa.String(length=64), nullable=False),
        sa.Column("parent_digest", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("document", Json, nullable=False),
        sa.Column("fitted_on", Json, nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint("origin IN ('fitted', 'file')", name="rubric_origin"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "rubric_activations",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=True),
        sa.Column("content_type", sa.String(length=8), nullable=True),
        sa.Column("rubric_id", Id, nullable=True),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
        sa.ForeignKeyConstraint(["rubric_id"], ["rubrics.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_rubric_activations_scope", "rubric_activations", ["organization_id", "content_type", "id"])
    op.create_table(
        "rescorings",
        sa.Column("id", Id, nullable=False),
        sa.Column("organization_id", Id, nullable=False),
        sa.Column("job_id", Id, nullable=False),
        sa.Column("rubric_version", sa.String(length=64), nullable=False),
        sa.Column("rubric_digest", sa.String(length=64), nullable=False),
        sa.Column("weights", Json, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("cursor", Id, nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        sa.Column("completed_at", Moment(), nullable=True),
        sa.CheckConstraint("status IN ('running', 'completed')", name="rescoring_status"),
        sa.ForeignKeyConstraint(["organization_id"], ["organizations.id"]),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_rescorings_job", "rescorings", ["job_id", "id"])
    op.create_table(
        "earlier_scores",
        sa.Column("rescoring_id", Id, nullable=False),
        sa.Column("submission_id", Id, nullable=False),
        sa.Column("file_id", Id, nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("score_breakdown", Json, nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name="earlier_score"),
        sa.ForeignKeyConstraint(["rescoring_id"], ["rescorings.id"]),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"]),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"]),
        sa.PrimaryKeyConstraint("rescoring_id", "submission_id"),
    )
    op.create_index("ix_earlier_scores_file", "earlier_scores", ["file_id", "rescoring_id"])
    _protect()


def _protect() -> None:
    """As 0002 does: what was once scored by a version can be scored by it again."""
    if op.get_bind().dialect.name == "postgresql":
        for table in APPEND_ONLY:
            op.execute(
                f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
        return
    for table in APPEND_ONLY:
        for change in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


def downgrade() -> None:
    for table in ("earlier_scores", "rescorings", "rubric_activations", "rubrics"):
        op.drop_table(table)
    op.drop_index("ix_submissions_disputed", "submissions")
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_column("disputed_by")
    with op.batch_alter_table("labels", schema=None) as batch_op:
        batch_op.drop_column("evidence")
        batch_op.drop_column("rubric_version")
