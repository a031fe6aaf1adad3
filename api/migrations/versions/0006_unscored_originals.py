"""Uploads that were never scored, which the retention deletes too"""

import sqlalchemy as sa
from alembic import op

from api.db import Moment

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("submissions", sa.Column("original_deleted_at", Moment(), nullable=True))
    unscored = sa.text(
        "original_deleted_at IS NULL AND (status IN ('expired', 'surplus') OR status = 'rejected' AND file_id IS NULL)"
    )
    op.create_index(
        "ix_submissions_unscored",
        "submissions",
        ["organization_id", "updated_at"],
        postgresql_where=unscored,
        sqlite_where=unscored,
    )


def downgrade() -> None:
    op.drop_index("ix_submissions_unscored", "submissions")
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_column("original_deleted_at")
