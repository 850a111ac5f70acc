-- The daily, weekly and monthly statistics of every account in one statement, as somebody would write it who needs
-- them once: no closed accounts, the time zone UTC, no rounding of halves, nothing incremental.
create temporary table by_hand as
with history as (
    select
        t.*,
        t.balance_after - t.amount as balance_before,
        t.at::date as date,
        coalesce(lag(t.at) over account, a.opened_at) as previous_at
    from raw.transaction as t
    inner join raw.account as a on t.account_id = a.id
    window account as (partition by t.account_id order by t.sequence)
),

in_period as (
    select
        history.*,
        period.type,
        period.starts,
        period.ends,
        greatest(history.previous_at, period.starts) as since
    from history
    cross join lateral (
        values
        ('daily', date_trunc('day', at), date_trunc('day', at) + interval '1 day'),
        ('weekly', date_trunc('week', at), date_trunc('week', at) + interval '1 week'),
        ('monthly', date_trunc('month', at), date_trunc('month', at) + interval '1 month')
    ) as period (type, starts, ends)
)

select
    type,
    account_id,
    starts::date as period_start,
    ends::date as period_end,
    (array_agg(balance_before order by sequence))[1] as opening_balance,
    (array_agg(balance_after order by sequence desc))[1] as closing_balance,
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
        sum(balance_before * extract(epoch from at - since))
        + (array_agg(balance_after order by sequence desc))[1] * extract(epoch from ends - max(at))
    ) / nullif(extract(epoch from ends - min(since)), 0)) as average_balance,
    round((
        sum(balance_before * (date - since::date)::numeric)
        + (array_agg(balance_after order by sequence desc))[1] * (ends::date - max(date))
    ) / nullif(ends::date - min(since::date), 0)) as average_daily_balance,
    min(least(balance_before, balance_after)) as min_balance,
    max(greatest(balance_before, balance_after)) as max_balance,
    count(distinct date) as active_days,
    count(distinct counterparty) as counterparty_count
from in_period
group by type, account_id, starts, ends
