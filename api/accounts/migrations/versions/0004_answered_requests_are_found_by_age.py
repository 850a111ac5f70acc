"""Answered requests are found by age."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
-- See forget_requests in 08_calls.sql.
create index request_created_at on accounts.request (created_at);
        """
    )
