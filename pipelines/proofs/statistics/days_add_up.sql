-- The days of a week or month add up to it: money, counts, extremes, first and last balance.
with touched as (
    select account_id, date_trunc('{unit}', period_start::timestamp)::date as period_start
    from marts.stats_daily
    where batch_id > %(since)s
    union
    select account_id, period_start
    from marts.stats_{type}
    where batch_id > %(since)s
)

select
    touched.account_id,
    '{type} ' || touched.period_start as place,
    days.figures as expected,
    whole.figures as found,
    days.figures is not distinct from whole.figures as holds
from touched
-- One index range for each; `having` and `offset 0` keep the planner from turning them into joins over all history.
left join lateral (
    select
        row(
            sum(day.inflow), sum(day.outflow), sum(day.net_change),
            sum(day.transaction_count), sum(day.inflow_count), sum(day.outflow_count), sum(day.active_days),
            max(day.largest_transaction), max(day.largest_inflow), max(day.largest_outflow),
            min(day.min_balance), max(day.max_balance), min(day.first_sequence), max(day.last_sequence),
            (array_agg(day.opening_balance order by day.period_start))[1],
            (array_agg(day.closing_balance order by day.period_start desc))[1]
        )::text as figures
    from marts.stats_daily as day
    where
        day.account_id = touched.account_id
        and day.period_start >= touched.period_start
        and day.period_start < (touched.period_start + interval '1 {unit}')::date
    having count(*) > 0
) as days on true
left join lateral (
    select
        row(
            inflow, outflow, net_change,
            transaction_count, inflow_count, outflow_count, active_days,
            largest_transaction, largest_inflow, largest_outflow,
            min_balance, max_balance, first_sequence, last_sequence, opening_balance, closing_balance
        )::text as figures
    from marts.stats_{type} as period
    where period.account_id = touched.account_id and period.period_start = touched.period_start
    offset 0
) as whole on true
