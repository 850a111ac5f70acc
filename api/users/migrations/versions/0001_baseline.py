"""Users, their sessions and keys."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        """
-- A user. Name, email and phone are AES-256-GCM under the user's own data key, which lies outside this database:
-- when it is destroyed, no backup of this table tells who the user was. What remains of a deleted user is a row
-- of ids and times, because the ledger and the review records name it.
create table users.user (
    id uuid primary key,
    data_key_id uuid,
    name bytea,
    email bytea,
    phone bytea,
    password_hash text,
    -- Which ones there are, the services say: a new one changes no table.
    roles text[] not null default '{}',
    created_at timestamptz not null default now(),
    approved_at timestamptz,
    approved boolean generated always as (approved_at is not null) virtual,
    accounts_approved_at timestamptz,
    photo_status text not null default 'missing'
        check (photo_status in ('missing', 'pending', 'approved', 'rejected')),
    photo_version integer not null default 0 check (photo_version >= 0),
    photo_reason text,
    photo_submitted_at timestamptz,
    decided_by uuid,
    decided_at timestamptz,
    deleted_at timestamptz,
    check (photo_status = 'missing' or photo_version > 0),
    check ((photo_status = 'rejected') = (photo_reason is not null)),
    check (
        deleted_at is null
        and data_key_id is not null and name is not null and email is not null and phone is not null
        or deleted_at is not null
        and data_key_id is null and name is null and email is null and phone is null and password_hash is null
    )
);

-- Staff's queue: photos to decide on, and approvals that the accounts service has not heard of yet.
create index user_review_queue on users.user (photo_submitted_at, id)
where photo_status = 'pending' or photo_status = 'approved' and accounts_approved_at is null;

-- Keys for the digests below, wrapped by the master key. More than one only while they are being rotated.
create table users.index_key (
    id text primary key,
    wrapped bytea not null,
    master_key_id text not null,
    created_at timestamptz not null default now()
);

-- Keyed digests of normalised emails: they make an email searchable and unique without showing it. Each user
-- has one digest under each key of index_key.
create table users.email_digest (
    digest bytea primary key,
    key_id text not null references users.index_key (id),
    user_id uuid not null references users.user (id),
    unique (user_id, key_id)
);

-- Keys that sign access tokens. The newest one whose active_from has come signs; all are published.
create table users.signing_key (
    id text primary key,
    public_jwk jsonb not null,
    private_key bytea not null,
    master_key_id text not null,
    created_at timestamptz not null default now(),
    active_from timestamptz not null
);

-- A signed-in person, or a program's token. Ending a session deletes its row.
create table users.session (
    id uuid primary key default uuidv7(),
    user_id uuid not null references users.user (id),
    scope text not null check (scope in ('bank', 'stats:read')),
    label text check ((label is not null) = (scope = 'stats:read')),
    signing_key_id text not null,
    created_at timestamptz not null default now(),
    last_seen_at timestamptz,
    idle_expires_at timestamptz not null,
    expires_at timestamptz not null
);
create index on users.session (user_id);
create index on users.session (signing_key_id) where scope = 'stats:read';

-- Failed attempts by keyed digest of account, source or both.
create table users.throttle (
    bucket bytea primary key,
    failures integer not null,
    blocked_until timestamptz not null,
    last_at timestamptz not null
);
create index on users.throttle (last_at);

-- Where a user has signed in from, as keyed digests: guessing from elsewhere does not lock them out there.
create table users.known_source (
    user_id uuid references users.user (id),
    source bytea,
    last_at timestamptz not null default now(),
    primary key (user_id, source)
);

-- Who decided what about which photo, and who looked at one: kept for good.
create table users.review_decision (
    id uuid primary key default uuidv7(),
    user_id uuid not null references users.user (id),
    reviewer_id uuid not null references users.user (id),
    photo_version integer not null,
    decision text not null check (decision in ('approve', 'reject')),
    reason text,
    decided_at timestamptz not null default now()
);
create index on users.review_decision (user_id);
create table users.photo_view (
    id uuid primary key default uuidv7(),
    user_id uuid not null references users.user (id),
    reviewer_id uuid not null references users.user (id),
    photo_version integer not null,
    viewed_at timestamptz not null default now()
);
create index on users.photo_view (user_id);
        """
    )
