"""Invitations by which workers sign in on their own devices"""

import sqlalchemy as sa
from alembic import op

from api.db import Id, Moment

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "worker_invitations",
        sa.Column("worker_id", Id, nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("opened_at", Moment(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(["worker_id"], ["workers.id"]),
        sa.PrimaryKeyConstraint("worker_id"),
        sa.UniqueConstraint("code_hash"),
    )


def downgrade() -> None:
    op.drop_table("worker_invitations")
