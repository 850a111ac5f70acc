"""The floor that each extract raises: no movement after it is dated before."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
-- One row; see 00_clock.sql.
create table accounts.extract_floor (
    at timestamptz not null,
    complete_through timestamptz
) with (fillfactor = 50);
create unique index extract_floor_one_row on accounts.extract_floor ((true));
insert into accounts.extract_floor (at)
select coalesce(max(created_at), '-infinity') from accounts.extract_receipt;
        """
    )
