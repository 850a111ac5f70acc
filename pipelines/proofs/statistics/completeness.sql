-- Each transaction before complete_through is counted once, in the period that its time lies in: a period's row
-- counts exactly the transactions between its first and last, and an account's last row ends with its last one.
-- That rows join without gap is the proof of continuity.
select
    mart.account_id,
    '{type} ' || mart.period_start as place,
    format('%%s transactions, sum %%s, balance %%s', copied.rows, copied.total, copied.last_balance) as expected,
    format('%%s transactions, sum %%s, balance %%s', mart.transaction_count, mart.net_change, mart.closing_balance)
        || case when not copied.is_inside then ', some of another period' else '' end as found,
    mart.transaction_count = copied.rows
    and mart.net_change = copied.total
    and mart.closing_balance = copied.last_balance
    and copied.is_inside as holds
from marts.stats_{type} as mart
cross join lateral (
    select
        count(*) as rows,
        sum(t.amount) as total,
        (array_agg(t.balance_after order by t.sequence desc))[1] as last_balance,
        bool_and(
            (t.at at time zone %(time_zone)s)::date >= mart.period_start
            and (t.at at time zone %(time_zone)s)::date < mart.period_end
            and t.at < %(complete_through)s
        ) as is_inside
    from raw.transaction as t
    where t.account_id = mart.account_id and t.sequence between mart.first_sequence and mart.last_sequence
) as copied
where mart.batch_id > %(since)s

union all

select
    released.account_id,
    '{type} rows' as place,
    'up to transaction ' || released.last_sequence as expected,
    'up to transaction ' || coalesce(mart.last_sequence, 0) as found,
    mart.last_sequence = released.last_sequence as holds
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
