-- All statistics of every account by day, week and month, from Parquet: the figures alone, in the time zone UTC. Halves
-- are rounded away from zero, accounts are open.
create or replace table by_duckdb as
with history as (
    select
        t.*,
        t.balance_after - t.amount as balance_before,
        t.posted_at::date as day,
        coalesce(lag(t.posted_at) over account, a.opened_at) as previous_at
    from read_parquet('{transactions}') as t
    inner join read_parquet('{accounts}') as a on t.account_id = a.id
    window account as (partition by t.account_id order by t.sequence)
),

in_period as (
    select 'daily' as type, day as starts, day + 1 as ends, * from history
    union all
    select 'weekly', date_trunc('week', day)::date, (date_trunc('week', day) + interval 7 day)::date, * from history
    union all
    select 'monthly', date_trunc('month', day)::date, (date_trunc('month', day) + interval 1 month)::date, * from history
)

select
    type,
    account_id,
    starts as period_start,
    ends as period_end,
    arg_min(balance_before, sequence) as opening_balance,
    arg_max(balance_after, sequence) as closing_balance,
    coalesce(sum(amount) filter (where amount > 0), 0) as inflow,
    coalesce(-sum(amount) filter (where amount < 0), 0) as outflow,
    sum(amount) as net_change,
    count(*) as transaction_count,
    count(*) filter (where amount > 0) as inflow_count,
    count(*) filter (where amount < 0) as outflow_count,
    max(abs(amount)) as largest_transaction,
    max(amount) filter (where amount > 0) as largest_inflow,
    -min(amount) filter (where amount < 0) as largest_outflow,
    round((
        sum(balance_before::hugeint * date_diff('microsecond', greatest(previous_at, starts::timestamp), posted_at))
        + arg_max(balance_after, sequence)::hugeint * date_diff('microsecond', max(posted_at), ends::timestamp)
    ) / date_diff('microsecond', min(greatest(previous_at, starts::timestamp)), ends::timestamp))::bigint
        as average_balance,
    round((
        sum(balance_before::hugeint * (day - greatest(previous_at::date, starts)))
        + arg_max(balance_after, sequence)::hugeint * (ends - max(day))
    ) / (ends - min(greatest(previous_at::date, starts))))::bigint as average_daily_balance,
    least(min(balance_before), min(balance_after)) as min_balance,
    greatest(max(balance_before), max(balance_after)) as max_balance,
    count(distinct day) as active_days,
    count(distinct counterparty) as counterparty_count
from in_period
group by type, account_id, starts, ends
