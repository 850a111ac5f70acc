-- A day of the bank is what all its accounts moved on it and how many were opened, counted from the copy; and no day on
-- which something happened is missing.
with days as (
    select date from marts.bank_daily where batch_id > %(since)s
    union
    select pg_temp.day_of(at) from raw.transaction where batch_id > %(since)s and at < %(complete_through)s
    union
    -- Left back by the last publication as too recent.
    select pg_temp.day_of(at) from raw.transaction
    where at >= %(since_complete_through)s::timestamptz and at < %(complete_through)s
    union
    select pg_temp.day_of(opened_at) from raw.account
    where opened_at >= %(since_complete_through)s::timestamptz and opened_at < %(complete_through)s
),

moved as (
    select
        date,
        currency,
        sum(deposits) as deposits,
        sum(inflow) as inflow,
        sum(outflow) as outflow,
        sum(inflow) - sum(outflow) as net_change,
        sum(transactions) as transactions,
        sum(received) as transfers,
        count(*) as active_accounts
    from (
        select
            days.date,
            account.currency,
            t.account_id,
            coalesce(sum(t.amount) filter (where t.amount > 0 and starts_with(t.counterparty, 'external:')), 0) as deposits,
            coalesce(sum(t.amount) filter (where t.amount > 0), 0) as inflow,
            coalesce(-sum(t.amount) filter (where t.amount < 0), 0) as outflow,
            count(*) as transactions,
            -- The models count the paying sides.
            count(*) filter (where t.amount > 0 and not starts_with(t.counterparty, 'external:')) as received
        from days
        -- One index range for each day; `offset 0` keeps the planner from turning it into a join over all history.
        cross join lateral (
            select * from raw.transaction
            where
                at >= pg_temp.day_start(days.date)
                and at < least(pg_temp.day_start(days.date + 1), %(complete_through)s)
            offset 0
        ) as t
        left join raw.account as account on t.account_id = account.id
        group by days.date, account.currency, t.account_id
    ) as by_account
    group by date, currency
),

opened as (
    select days.date, account.currency, count(*) as new_accounts
    from days
    cross join lateral (
        select * from raw.account
        where
            opened_at >= pg_temp.day_start(days.date)
            and opened_at < least(pg_temp.day_start(days.date + 1), %(complete_through)s)
        offset 0
    ) as account
    group by days.date, account.currency
),

counted as (
    select
        date,
        currency,
        row(
            coalesce(deposits, 0), coalesce(inflow, 0), coalesce(outflow, 0), coalesce(net_change, 0),
            coalesce(transactions, 0), coalesce(transfers, 0), coalesce(active_accounts, 0), coalesce(new_accounts, 0)
        )::text as figures
    from moved
    full join opened using (date, currency)
),

published as (
    select
        date,
        currency,
        row(
            deposits, inflow, outflow, net_change, transaction_count, transfers, active_accounts, new_accounts
        )::text as figures
    from marts.bank_daily
    where date in (select date from days)
)

select
    null::uuid as account_id,
    date || ' ' || currency as place,
    counted.figures as expected,
    published.figures as found,
    counted.figures = published.figures as holds
from counted
full join published using (date, currency)
