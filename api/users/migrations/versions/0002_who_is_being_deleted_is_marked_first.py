"""Who is being deleted is marked first."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
-- Deletion has begun: no account, token or approval is given any more.
alter table users.user add column leaving_at timestamptz;

-- Deletions that were begun and are not done yet.
create index user_leaving on users.user (leaving_at) where leaving_at is not null and deleted_at is null;
        """
    )
