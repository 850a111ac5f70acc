"""The ledger's tables. Amounts are integers in minor units, times timestamptz, ids UUIDv7.

They stand in the order in which a posting writes them, for an upgrade locks them in this order (see sweep.sql).
"""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        """
-- What was answered under an Idempotency-Key; `shown` are the caller's accounts whose balance the answer tells.
create table accounts.request (
    user_id uuid not null,
    key text not null,
    digest bytea not null,
    answer text,
    shown uuid[] not null default '{}',
    created_at timestamptz not null default clock_timestamp(),
    primary key (user_id, key)
) with (fillfactor = 50);

create table accounts.account (
    id uuid primary key default uuidv7(),
    number text not null constraint account_number_unique unique,
    type text not null,
    currency text not null,
    total bigint not null default 0,
    overdraft_limit bigint not null default 0,
    approved boolean not null default false,
    last_sequence bigint not null default 0,
    last_at timestamptz,
    opened_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz,
    -- What left the account on one UTC day: the daily limit is counted here, on the row that is locked anyway.
    spent_on date not null default '1970-01-01',
    spent bigint not null default 0,
    import_reference text constraint account_import_reference_unique unique,
    xid xid8 not null default pg_current_xact_id(),
    -- The upper bound is the largest integer that every JSON reader keeps exactly (RFC 8259, section 6).
    constraint account_not_overdrawn check (total between -overdraft_limit and 9007199254740991)
) with (fillfactor = 70);

-- Who waits for approval is asked often and is few.
create index account_waiting on accounts.account (id) where not approved and closed_at is null;

create table accounts.user_account (
    user_id uuid not null,
    account_id uuid not null references accounts.account (id),
    added_at timestamptz not null default clock_timestamp(),
    primary key (account_id, user_id)
);
create index user_account_user on accounts.user_account (user_id);

-- One row per movement; its rows in `transaction` follow from it (entries.sql). A side is an account's id as text
-- or `external:<name>`.
create table accounts.transfer (
    id uuid primary key default uuidv7(),
    kind text not null,
    source text not null,
    destination text not null,
    amount bigint not null,
    currency text not null,
    memo text not null default '',
    -- The numbers that an imported movement has on its accounts, where the history gives them.
    source_reference text,
    destination_reference text,
    at timestamptz not null,
    created_by uuid,
    reverses uuid
);
create unique index transfer_reversed_once on accounts.transfer (reverses) where reverses is not null;

-- One row per account that a movement touches, written by the database itself and by nobody else. A balance that
-- does not follow from the account's head is null, which the table refuses. What is derived is not stored.
create table accounts.transaction (
    id uuid primary key default uuidv7(),
    transfer_id uuid not null,
    account_id uuid not null,
    counterparty text not null,
    amount bigint not null,
    balance_after bigint constraint transaction_follows_from_head not null,
    sequence bigint not null,
    at timestamptz not null,
    xid xid8 not null default pg_current_xact_id(),
    "from" text generated always as (case when amount < 0 then account_id::text else counterparty end) virtual,
    "to" text generated always as (case when amount < 0 then counterparty else account_id::text end) virtual,
    time timestamptz generated always as (at) virtual,
    constraint transaction_sequence_unique unique (account_id, sequence)
);
create index transaction_xid on accounts.transaction (xid);

-- Each extract leaves a random row here, by which it recognises this ledger again.
create table accounts.extract_receipt (
    id uuid primary key,
    created_at timestamptz not null default clock_timestamp()
);

create unlogged table accounts.import_account (
    line bigint not null,
    reference text not null,
    type text not null,
    currency text not null,
    overdraft_limit bigint not null,
    opened_at timestamptz not null,
    owner_id uuid,
    -- Filled in by import_history; an account of an earlier import is not new.
    account_id uuid,
    is_new boolean
);

create unlogged table accounts.import_row (
    file bigint not null,
    line bigint not null,
    at timestamptz not null,
    account text not null,
    amount bigint not null,
    counterparty text not null,
    memo text not null,
    reference text not null
);

-- What the rows come to: a movement that both its accounts give is one.
create unlogged table accounts.import_movement (
    -- File and line of its first row; the line is negative in a file that is read from its end.
    place bigint[] not null,
    at timestamptz not null,
    source text not null,
    destination text not null,
    amount bigint not null,
    currency text not null,
    memo text not null,
    source_reference text,
    destination_reference text,
    -- An earlier import brought it.
    is_repeat boolean not null
);
        """
    )
