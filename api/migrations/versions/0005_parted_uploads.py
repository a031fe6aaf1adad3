"""Uploads in parts, which go on after a break"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("submissions", sa.Column("upload_id", sa.Text(), nullable=True))
    under_way = sa.text("upload_id IS NOT NULL")
    op.create_index("ix_submissions_upload", "submissions", ["id"], postgresql_where=under_way, sqlite_where=under_way)


def downgrade() -> None:
    op.drop_index("ix_submissions_upload", "submissions")
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_column("upload_id")
