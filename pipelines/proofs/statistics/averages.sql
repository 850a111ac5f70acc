-- Both averages follow from the row's own sums and its last balance up to the end of the period or the account's
-- closing, rounded half away from zero; the other sides are those of its transactions. A statistic to which analysts
-- gave another meaning, by a higher version, is left to them.
select
    mart.account_id,
    '{type} ' || mart.period_start as place,
    format('averages %%s and %%s, %%s other sides', wanted.average, wanted.daily_average, wanted.others) as expected,
    format(
        'averages %%s and %%s, %%s other sides',
        mart.average_balance, mart.average_daily_balance, mart.counterparty_count
    ) as found,
    ('average_balance' = any (restated.names) or mart.average_balance is not distinct from wanted.average)
    and (
        'average_daily_balance' = any (restated.names)
        or mart.average_daily_balance is not distinct from wanted.daily_average
    )
    and ('counterparty_count' = any (restated.names) or mart.counterparty_count = wanted.others) as holds
from marts.stats_{type} as mart
cross join (
    select coalesce(array_agg(name), '{}') as names from marts.metric_catalog where version > 1
) as restated
left join raw.account as account on mart.account_id = account.id
cross join lateral (
    select
        greatest(mart.period_start, pg_temp.day_of(account.opened_at)) as first_day,
        pg_temp.day_of(mart.last_transaction_at) as last_day,
        least(
            mart.period_end,
            case
                when account.closed_at > account.opened_at
                    then pg_temp.day_of(account.closed_at - interval '1 microsecond') + 1
                when account.closed_at is not null then pg_temp.day_of(account.opened_at)
            end
        ) as end_day,
        pg_temp.day_start(mart.period_start) as starts_at,
        pg_temp.day_start(mart.period_end) as ends_at
) as edges
cross join lateral (
    select
        (extract(epoch from least(edges.ends_at, account.closed_at) - mart.last_transaction_at) * 1000000)::bigint
            as still_us,
        (
            extract(
                epoch from least(edges.ends_at, account.closed_at) - greatest(edges.starts_at, account.opened_at)
            ) * 1000000
        )::bigint as open_us
) as lengths
cross join lateral (
    select
        mart.balance_integral + mart.closing_balance::numeric * lengths.still_us as integral,
        mart.daily_balance_sum
        + mart.closing_balance::numeric * pg_temp.days_between(edges.last_day, edges.end_day) as day_sum,
        pg_temp.days_between(edges.first_day, edges.end_day) as open_days
) as sums
cross join lateral (
    select
        div(2 * integral + sign(integral) * lengths.open_us, nullif(2 * lengths.open_us, 0)) as average,
        div(2 * day_sum + sign(day_sum) * open_days, nullif(2 * open_days, 0)) as daily_average,
        (
            select count(distinct t.counterparty) from raw.transaction as t
            where t.account_id = mart.account_id and t.sequence between mart.first_sequence and mart.last_sequence
        ) as others
) as wanted
where mart.batch_id > %(since)s
