"""Events are kept with their facts."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.execute(
        """
-- What happened to an account beside its movements; see 10_events.sql. It has no foreign key: every posting
-- looks at each one on `account`.
create table accounts.event (
    id uuid primary key default uuidv7(),
    account_id uuid not null,
    -- How many movements the account had by then, and the order among what happened since.
    sequence bigint not null,
    ordinal bigint generated always as identity,
    type text not null,
    at timestamptz not null,
    data jsonb not null default '{}',
    xid xid8 not null default pg_current_xact_id()
);
create index event_account on accounts.event (account_id, sequence, ordinal);
        """
    )
