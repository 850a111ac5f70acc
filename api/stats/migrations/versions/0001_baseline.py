"""Published statistics."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        """
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
        """
    )
