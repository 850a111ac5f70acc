"""Statistics are said plainly too."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
alter table stats.metric add column plain text not null default '';
-- Until the next publication brings what the models say.
update stats.metric set plain = definition;
comment on column stats.metric.plain is 'What the definition says, in everyday words.';
        """
    )
