-- Each transaction before complete_through is counted once, in the period that its time lies in: a period's row
-- counts exactly the transactions between its first and last, with their amounts, extremes and times, and an
-- account's last row ends with its last one. That rows join without gap is the proof of continuity.
select
    mart.account_id,
    '{type} ' || mart.period_start as place,
    format(
        '%%s transactions, in %%s (%%s), out %%s (%%s), largest %%s %%s, balance %%s to %%s, at the end %%s, sums %%s %%s',
        copied.rows, copied.inflow, copied.inflows, copied.outflow, copied.outflows, copied.largest_inflow,
        copied.largest_outflow, least(mart.opening_balance, copied.lowest),
        greatest(mart.opening_balance, copied.highest), copied.last_balance, copied.integral, copied.day_sum
    ) as expected,
    format(
        '%%s transactions, in %%s (%%s), out %%s (%%s), largest %%s %%s, balance %%s to %%s, at the end %%s, sums %%s %%s',
        mart.transaction_count, mart.inflow, mart.inflow_count, mart.outflow, mart.outflow_count, mart.largest_inflow,
        mart.largest_outflow, mart.min_balance, mart.max_balance, mart.closing_balance, mart.balance_integral,
        mart.daily_balance_sum
    ) || case
        when not copied.is_inside or mart.period_end <> (mart.period_start + interval '1 {unit}')::date
            then ', some of another period'
        else ''
    end as found,
    copied.is_inside
    and mart.period_start = date_trunc('{unit}', mart.period_start::timestamp)::date
    and mart.period_end = (mart.period_start + interval '1 {unit}')::date
    and (
        mart.transaction_count, mart.inflow, mart.inflow_count, mart.outflow, mart.outflow_count, mart.net_change,
        mart.largest_inflow, mart.largest_outflow, mart.largest_transaction, mart.min_balance, mart.max_balance,
        mart.closing_balance, mart.last_transaction_at, mart.balance_integral, mart.daily_balance_sum
    ) is not distinct from (
        copied.rows, copied.inflow, copied.inflows, copied.outflow, copied.outflows, copied.inflow - copied.outflow,
        copied.largest_inflow, copied.largest_outflow, greatest(copied.largest_inflow, copied.largest_outflow),
        least(mart.opening_balance, copied.lowest), greatest(mart.opening_balance, copied.highest),
        copied.last_balance, copied.last_at, copied.integral, copied.day_sum
    ) as holds
from marts.stats_{type} as mart
left join raw.account as account on mart.account_id = account.id
-- Where the account's part of the period begins: the first moment of its first day, or the account's opening.
cross join lateral (
    select
        greatest(account.opened_at, pg_temp.day_start(mart.period_start)) as moment,
        greatest(mart.period_start, pg_temp.day_of(account.opened_at)) as day,
        pg_temp.day_of(mart.last_transaction_at) as last_day
) as begins
cross join lateral (
    select
        count(*) as rows,
        coalesce(sum(t.amount) filter (where t.amount > 0), 0) as inflow,
        coalesce(-sum(t.amount) filter (where t.amount < 0), 0) as outflow,
        count(*) filter (where t.amount > 0) as inflows,
        count(*) filter (where t.amount < 0) as outflows,
        max(t.amount) filter (where t.amount > 0) as largest_inflow,
        -min(t.amount) filter (where t.amount < 0) as largest_outflow,
        min(t.balance_after) as lowest,
        max(t.balance_after) as highest,
        max(t.at) as last_at,
        (array_agg(t.balance_after order by t.sequence desc))[1] as last_balance,
        -- The balance over time, up to the last transaction: the opening one for the whole stretch, and each amount
        -- from its own time on. Microseconds; and whole days before the last active one.
        mart.opening_balance::numeric
        * (extract(epoch from mart.last_transaction_at - begins.moment) * 1000000)::bigint
        + sum(t.amount::numeric * (extract(epoch from mart.last_transaction_at - t.at) * 1000000)::bigint) as integral,
        mart.opening_balance::numeric * pg_temp.days_between(begins.day, begins.last_day)
        + sum(t.amount::numeric * pg_temp.days_between(pg_temp.day_of(t.at), begins.last_day)) as day_sum,
        bool_and(
            t.at >= pg_temp.day_start(mart.period_start)
            and t.at < least(pg_temp.day_start(mart.period_end), %(complete_through)s)
        ) as is_inside
    from raw.transaction as t
    where t.account_id = mart.account_id and t.sequence between mart.first_sequence and mart.last_sequence
) as copied
where mart.batch_id > %(since)s

union all

select
    released.account_id,
    '{type} rows' as place,
    'at least up to transaction ' || released.last_sequence as expected,
    'up to transaction ' || coalesce(mart.last_sequence, 0) as found,
    -- More is right where a backfill brought an earlier day once more.
    mart.last_sequence >= released.last_sequence as holds
from (
    select account_id, max(sequence) as last_sequence
    from (
        select account_id, sequence from raw.transaction
        where batch_id > %(since)s and at < %(complete_through)s
        union all
        -- Left back by the last publication as too recent.
        select account_id, sequence from raw.transaction
        where at >= %(since_complete_through)s::timestamptz and at < %(complete_through)s
    ) as fresh
    group by account_id
) as released
left join lateral (
    select m.last_sequence
    from marts.stats_{type} as m
    where m.account_id = released.account_id
    order by m.period_start desc
    limit 1
) as mart on true
