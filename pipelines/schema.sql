-- What the pipeline keeps in the warehouse. Executed at `up` and before each extract, so it must stay repeatable.
-- Schema raw: the ledger's copy, one consistent cut of it up to the last batch.
create schema if not exists raw;

create table if not exists raw.batch (
    batch_id bigint generated always as identity primary key,
    snapshot text not null,
    receipt uuid not null,
    -- The transaction that left the receipt in the source, as the row there tells (xmin).
    receipt_xid text not null default '',
    complete_through timestamptz not null,
    extracted_at timestamptz not null,
    transaction_rows bigint not null,
    account_rows bigint not null,
    -- The highest of the ids that the source's rows brought along from another cluster, while it lies ahead.
    foreign_xid text,
    -- What the source says of itself at the snapshot: the proofs hold the copy against it.
    source_totals jsonb not null,
    source_accounts bigint not null,
    source_transactions bigint not null
);

create table if not exists raw.transaction (
    id uuid not null,
    transfer_id uuid not null,
    account_id uuid not null,
    counterparty text not null,
    amount bigint not null,
    balance_after bigint not null,
    sequence bigint not null,
    at timestamptz not null,
    batch_id bigint not null,
    -- An account's rows lie all over the table, in the order of time. With these columns beside the key a proof that
    -- goes through an account's past reads one stretch of the index, and not a page of the table for each row.
    primary key (account_id, sequence) include (amount, balance_after, at)
);
create index if not exists transaction_batch_id on raw.transaction (batch_id);
create index if not exists transaction_at on raw.transaction (at);

create table if not exists raw.account (
    id uuid primary key,
    type text not null,
    currency text not null,
    total bigint not null,
    last_sequence bigint not null,
    approved boolean not null,
    opened_at timestamptz not null,
    closed_at timestamptz,
    batch_id bigint not null
);
create index if not exists account_batch_id on raw.account (batch_id);
create index if not exists account_opened_at on raw.account (opened_at);

-- The pipeline's own memory.
create schema if not exists pipeline;

-- What each dbt model was last built from.
create table if not exists pipeline.model_build (
    model text primary key,
    fingerprint text not null,
    built_at timestamptz not null default now()
);

-- Full re-reads of the source, each named by the batch that it wrote.
create table if not exists pipeline.reload (
    batch_id bigint primary key,
    may_restate boolean not null,
    reloaded_at timestamptz not null default now()
);
