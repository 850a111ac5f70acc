"""People are found by phone and name."""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
-- Keyed digests of phones and of the words of names, by which staff find people; see api/users/people/terms.py.
-- Each user has theirs under each key of index_key.
create table users.search_term (
    digest bytea not null,
    key_id text not null references users.index_key (id),
    user_id uuid not null references users.user (id),
    primary key (digest, user_id)
);
create index search_term_user on users.search_term (user_id);
        """
    )
