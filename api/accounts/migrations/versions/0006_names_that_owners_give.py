"""Names that owners give."""

from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.execute(
        """
-- What one owner calls the account; the others don't see it.
alter table accounts.user_account add column nickname text not null default '';

-- What a user calls those whom they pay, by account number. Nobody else sees it.
create table accounts.payee (
    user_id uuid not null,
    number text not null,
    name text not null,
    primary key (user_id, number)
);
        """
    )
