"""Indexes for what is looked for all the time: originals past their retention, announced files, whose turn it is"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    kept, announced = sa.text("original_deleted_at IS NULL"), sa.text("arrival_check_at IS NOT NULL")
    queued = sa.text("claimable_at IS NOT NULL")
    op.create_index(
        "ix_files_original",
        "files",
        ["organization_id", "created_at"],
        postgresql_where=kept,
        sqlite_where=kept,
    )
    op.create_index(
        "ix_submissions_arrival",
        "submissions",
        ["arrival_check_at"],
        postgresql_where=announced,
        sqlite_where=announced,
    )
    op.create_index(
        "ix_submissions_turns",
        "submissions",
        ["organization_id", "claimable_at"],
        postgresql_where=queued,
        sqlite_where=queued,
    )


def downgrade() -> None:
    op.drop_index("ix_submissions_turns", "submissions")
    op.drop_index("ix_submissions_arrival", "submissions")
    op.drop_index("ix_files_original", "files")
