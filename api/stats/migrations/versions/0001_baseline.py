"""Published statistics and the pipeline's runs."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        """
create table stats.publication (
    id               bigint generated always as identity primary key,
    run_id           text not null,
    batch_id         bigint not null,
    complete_through timestamptz not null,
    time_zone        text not null,
    published_at     timestamptz not null default now(),
    proofs           jsonb not null default '[]',
    row_counts       jsonb not null default '{}',
    catalog_version  text
);
comment on table stats.publication is
    'One row for each publication; the newest (highest id) is what readers read.';
comment on column stats.publication.proofs is
    'List of {"name": text, "passed": boolean, …}; what else stands in an entry is shown to no customer.';

create table stats.stats (
    id             bigint generated always as identity primary key,
    account_id     uuid not null,
    type           text not null check (type in ('daily', 'weekly', 'monthly')),
    period_start   date not null,
    period_end     date not null,
    metrics        jsonb not null,
    basis          jsonb not null,
    publication_id bigint not null,
    time           timestamp generated always as (period_start::timestamp) virtual,
    unique (account_id, type, period_start),
    check (period_start < period_end)
);
create index stats_publication_id on stats.stats (publication_id);
comment on table stats.stats is
    'One row for each account and period with a transaction; idle periods are filled on reading.';
comment on column stats.stats.time is 'When the period begins, in the bank''s time zone.';
comment on column stats.stats.metrics is
    'Every statistic of the period, integers by name; averages as if the last balance stood to the period''s end.';
comment on column stats.stats.basis is
    '{last_transaction_at, balance_integral, daily_balance_sum}: completes the averages of a provisional period.'
    ' balance_integral: minor units times microseconds up to last_transaction_at; daily_balance_sum: end-of-day'
    ' balances before the last active day. Both as strings.';

create table stats.account (
    account_id     uuid primary key,
    type           text not null,
    currency       text not null,
    opened_at      timestamptz not null,
    closed_at      timestamptz,
    publication_id bigint not null
);

create table stats.metric (
    name       text primary key,
    label      text not null,
    definition text not null,
    unit       text not null,
    idle_rule  text not null,
    version    integer not null,
    position   integer not null,
    periods    text[] not null
);
comment on table stats.metric is 'The catalogue of statistics, from the descriptions of their models.';

create table stats.bank_daily (
    date     date not null,
    currency text not null,
    metrics  jsonb not null,
    primary key (date, currency)
);

create table stats.run (
    run_id      text primary key,
    kind        text not null
        check (kind in ('refresh', 'close_daily', 'close_weekly', 'close_monthly', 'backfill')),
    started_at  timestamptz not null default now(),
    finished_at timestamptz,
    outcome     text not null default 'running' check (outcome in ('running', 'published', 'refused', 'failed')),
    proofs      jsonb not null default '[]',
    error       text,
    check ((finished_at is null) = (outcome = 'running'))
);
create index run_started_at on stats.run (started_at);
comment on table stats.run is 'Each run of the pipeline, written outside the publication''s transaction.';
comment on column stats.run.proofs is 'As in stats.publication.';

create table stats.close_claim (
    kind       text not null,
    period_end date not null,
    run_id     text not null,
    claimed_at timestamptz not null default now(),
    primary key (kind, period_end)
);
comment on table stats.close_claim is
    'Who closes a period: the first to claim it, so that a second start does nothing.';

create table stats.alert (
    id          bigint generated always as identity primary key,
    kind        text not null check (kind in ('failure', 'staleness')),
    subject     text not null,
    run_id      text,
    path        text not null,
    raised_at   timestamptz not null default now(),
    resolved_at timestamptz,
    deliveries  jsonb not null default '{}'
);
create unique index alert_open on stats.alert (kind) where resolved_at is null;
comment on table stats.alert is 'What operators are told; one open alert of a kind at a time.';
comment on column stats.alert.subject is 'One line that everybody may read: no account, no amount.';
comment on column stats.alert.deliveries is 'Channel to the time at which it last took the alert.';
        """
    )
