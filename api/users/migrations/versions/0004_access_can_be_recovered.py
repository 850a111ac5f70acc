"""Access can be recovered."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute(
        """
-- A password that was made up for the user opens nothing after this moment.
alter table users.user add column password_expires_at timestamptz;

-- The code by which a user may set a new password, as a digest: one at a time, for once, until it expires.
create table users.reset_code (
    user_id uuid primary key references users.user (id),
    digest bytea not null,
    expires_at timestamptz not null
);

-- What was done to a user's access, and by whom (null: from the command line, or by the user): kept for good.
create table users.intervention (
    id uuid primary key default uuidv7(),
    user_id uuid not null references users.user (id),
    staff_id uuid references users.user (id),
    action text not null check (action in ('end_sessions', 'issue_code', 'reset_password')),
    done_at timestamptz not null default now()
);
create index on users.intervention (user_id);
        """
    )
