"""When history was last proven, what is known to be damaged, and up to where a close proved."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
alter table pipeline.close_claim add column batch_id bigint, add column complete_through timestamptz;
comment on column pipeline.close_claim.batch_id is
    'The batch that the close published: what came later is to be proven by the next close of the kind.';

create table pipeline.proven (
    kind      text not null check (kind in ('accounts', 'days')),
    last_key  text collate "C" not null,
    turn      bigint not null generated always as identity,
    proven_at timestamptz not null default now(),
    primary key (kind, last_key)
);
comment on table pipeline.proven is
    'Slices of history: each reaches from the one before it (exclusive) to last_key, an account''s id or a date.';
comment on column pipeline.proven.turn is 'The order in which slices were proven, whatever the clock said.';

create table pipeline.scrub_day (
    day        date not null,
    spent_s    double precision not null,
    first_turn bigint not null
);
create unique index scrub_day_one on pipeline.scrub_day ((true));
comment on table pipeline.scrub_day is 'One row: how long the scrubber has worked on its newest day.';

create table pipeline.damage (
    id         bigint generated always as identity primary key,
    proof      text not null,
    account_id uuid,
    place      text not null,
    expected   text,
    found      text,
    first_day  date,
    last_day   date,
    found_by   text not null,
    found_at   timestamptz not null default now(),
    mended_at  timestamptz
);
create unique index damage_open on pipeline.damage (proof, account_id, place) nulls not distinct
where mended_at is null;
comment on table pipeline.damage is 'Rows that a proof found wrong. Nothing is published before all are mended.';
comment on column pipeline.damage.first_day is 'The days to make anew; null where no day mends it.';

alter table pipeline.alert drop constraint alert_kind_check;
alter table pipeline.alert add constraint alert_kind_check
check (kind in ('failure', 'staleness', 'damage', 'overdue'));
alter table pipeline.alert add column detail text;
comment on column pipeline.alert.detail is 'More for operators: a process, days. No account, no amount.';

-- Until now each close of a day proved everything.
insert into pipeline.proven (kind, last_key, proven_at)
select kind, last_key, proven_at
from (
    values ('accounts', 'ffffffff-ffff-ffff-ffff-ffffffffffff'), ('days', '9999-12-31')
) as slice (kind, last_key)
cross join (
    select coalesce(
        (select max(started_at) from pipeline.run where kind like 'close_%' and outcome = 'published'),
        (select min(published_at) from pipeline.publication)
    ) as proven_at
) as closed
where proven_at is not null;
        """
    )
