"""Files of first attempts, which stayed open when the second one was taken or their job had ended"""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(
        """
        UPDATE files SET status = CASE WHEN EXISTS (
            SELECT 1 FROM submissions
            WHERE submissions.id = files.submission_id AND submissions.file_id = files.id
                AND submissions.status = 'surplus'
        ) THEN 'surplus' ELSE 'rejected' END
        WHERE status = 'retry_pending' AND NOT EXISTS (
            SELECT 1 FROM submissions
            WHERE submissions.id = files.submission_id AND submissions.file_id = files.id
                AND submissions.status = 'retry_pending'
        )
        """
    )


def downgrade() -> None:
    """What was open before cannot be told any more, and need not be."""
