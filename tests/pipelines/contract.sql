-- Until the services' migrations are here: the tables of theirs that the pipeline reads and writes.
create schema accounts;
create table accounts.account (
    id uuid primary key default uuidv7(), number text unique, type text not null, currency text not null,
    total bigint not null default 0, overdraft_limit bigint not null default 0, approved bool not null default true,
    last_sequence bigint not null default 0, last_at timestamptz, opened_at timestamptz not null,
    closed_at timestamptz, import_reference text unique, xid xid8 not null default pg_current_xact_id()
) with (fillfactor = 70);
create table accounts.transfer (
    id uuid primary key default uuidv7(), kind text not null, source text not null, destination text not null,
    amount bigint not null, currency text not null, memo text, reference text, at timestamptz not null,
    created_by uuid, reverses uuid unique
);
create table accounts.transaction (
    id uuid primary key default uuidv7(), transfer_id uuid not null, account_id uuid not null,
    counterparty text not null, amount bigint not null, balance_after bigint not null, sequence bigint not null,
    at timestamptz not null, xid xid8 not null default pg_current_xact_id(), unique (account_id, sequence)
);
create index on accounts.transaction (xid);
create table accounts.extract_receipt (id uuid primary key, created_at timestamptz not null default now());
grant usage on schema accounts to extractor;
grant select on accounts.account, accounts.transaction to extractor;
grant select, insert, delete on accounts.extract_receipt to extractor;

create schema stats;
create table stats.publication (
    id bigint generated always as identity primary key, run_id text not null, batch_id bigint not null,
    complete_through timestamptz not null, time_zone text not null, published_at timestamptz not null default now(),
    proofs jsonb not null, row_counts jsonb not null, catalog_version text
);
create table stats.stats (
    id bigint generated always as identity, account_id uuid not null, type text not null, period_start date not null,
    period_end date not null, metrics jsonb not null, basis jsonb not null, publication_id bigint not null,
    unique (account_id, type, period_start)
);
create index on stats.stats (publication_id);
create table stats.account (
    account_id uuid primary key, type text not null, currency text not null, opened_at timestamptz not null,
    closed_at timestamptz, publication_id bigint not null
);
create table stats.metric (
    name text primary key, label text not null, definition text not null, unit text not null,
    idle_rule text not null, version int not null, position int not null, periods text[] not null
);
create table stats.bank_daily (date date, currency text, metrics jsonb not null, primary key (date, currency));
create table stats.run (
    run_id text primary key, kind text not null, started_at timestamptz not null, finished_at timestamptz,
    outcome text not null, proofs jsonb, error text
);
create table stats.close_claim (
    kind text, period_end date, run_id text not null, claimed_at timestamptz not null default now(),
    primary key (kind, period_end)
);
grant usage on schema stats to publisher;
grant select, insert, update, delete on all tables in schema stats to publisher;
grant usage on all sequences in schema stats to publisher;
