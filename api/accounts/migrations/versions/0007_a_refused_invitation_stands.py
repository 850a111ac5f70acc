"""A refused invitation stands."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.execute(
        """
-- Who refused whose invitation to which account, and when: it can't be sent again for a while.
create table accounts.invitation_refusal (
    account_id uuid not null references accounts.account (id),
    user_id uuid not null,
    invited_by uuid not null,
    refused_at timestamptz not null default clock_timestamp(),
    primary key (account_id, user_id, invited_by)
);
        """
    )
