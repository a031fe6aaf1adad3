"""What was done to an account is read by itself: a list that its many jobs do not make longer"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    of_no_job = sa.text("job_id IS NULL")
    op.drop_index("ix_audit_entries_organization", "audit_entries")  # every entry paid for it, and nothing read it
    op.create_index(
        "ix_audit_entries_account",
        "audit_entries",
        ["organization_id", "id"],
        postgresql_where=of_no_job,
        sqlite_where=of_no_job,
    )


def downgrade() -> None:
    op.drop_index("ix_audit_entries_account", "audit_entries")
    op.create_index("ix_audit_entries_organization", "audit_entries", ["organization_id", "id"])
