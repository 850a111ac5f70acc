"""A run's first publication is marked."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
alter table pipeline.publication add column is_first boolean not null default true;
comment on column pipeline.publication.is_first is
    'false: its run had published before, and only complete_through went on.';
        """
    )
