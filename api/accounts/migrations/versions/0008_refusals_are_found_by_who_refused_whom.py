"""Refusals are found by who refused whom."""

from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.execute(
        """
-- See invite_owner in 09_owners.sql.
create index invitation_refusal_pair on accounts.invitation_refusal (user_id, invited_by);
        """
    )
