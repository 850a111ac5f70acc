"""Overdraft limits are set by staff."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute(
        """
-- Who set how far an account may be overdrawn, when and why: kept for good.
create table accounts.overdraft_change (
    id uuid primary key default uuidv7(),
    account_id uuid not null references accounts.account (id),
    limit_before bigint not null,
    limit_after bigint not null,
    reason text not null,
    changed_by uuid not null,
    changed_at timestamptz not null default clock_timestamp()
);
create index overdraft_change_account on accounts.overdraft_change (account_id, id);
        """
    )
