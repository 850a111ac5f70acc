"""What the pipeline published, and what became of its runs."""

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.execute(
        """
create table pipeline.publication (
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
comment on table pipeline.publication is
    'One row for each publication; the newest (highest id) is what readers read.';
comment on column pipeline.publication.proofs is
    'List of {"name": text, "passed": boolean, …}; what else stands in an entry is shown to no customer.';

create table pipeline.run (
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
create index run_started_at on pipeline.run (started_at);
comment on table pipeline.run is 'Each run of the pipeline, written outside the publication''s transaction.';
comment on column pipeline.run.proofs is 'As in pipeline.publication.';

create table pipeline.close_claim (
    kind       text not null,
    period_end date not null,
    run_id     text not null,
    claimed_at timestamptz not null default now(),
    primary key (kind, period_end)
);
comment on table pipeline.close_claim is
    'Who closes a period: the first to claim it, so that a second start does nothing.';

create table pipeline.alert (
    id          bigint generated always as identity primary key,
    kind        text not null check (kind in ('failure', 'staleness')),
    subject     text not null,
    run_id      text,
    path        text not null,
    raised_at   timestamptz not null default now(),
    resolved_at timestamptz,
    deliveries  jsonb not null default '{}'
);
create unique index alert_open on pipeline.alert (kind) where resolved_at is null;
comment on table pipeline.alert is 'What operators are told; one open alert of a kind at a time.';
comment on column pipeline.alert.subject is 'One line that everybody may read: no account, no amount.';
comment on column pipeline.alert.deliveries is 'Channel to the time at which it last took the alert.';
        """
    )
