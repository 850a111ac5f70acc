"""Owners are invited."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
-- Whom an owner has asked to own the account too. It is gone once they have answered.
create table accounts.invitation (
    account_id uuid not null references accounts.account (id),
    user_id uuid not null,
    invited_by uuid not null,
    invited_at timestamptz not null default clock_timestamp(),
    expires_at timestamptz not null,
    primary key (account_id, user_id)
);
create index invitation_user on accounts.invitation (user_id);
        """
    )
