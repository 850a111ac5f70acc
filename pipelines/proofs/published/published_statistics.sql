-- What readers have of an account's periods is what the marts had when they were last published.
select
    account_id,
    '{type} ' || period_start as place,
    mart.figures::text as expected,
    reader.figures::text as found,
    mart.batch_id > %(published_batch_id)s or reader.figures is not distinct from mart.figures as holds
from (
    select
        m.account_id,
        m.period_start,
        m.batch_id,
        jsonb_build_object(
            'period_end', m.period_end,
            'metrics', to_jsonb((select c from (select {metrics}) as c)),
            'basis', jsonb_build_object(
                'last_transaction_at', m.last_transaction_at,
                'balance_integral', m.balance_integral::text,
                'daily_balance_sum', m.daily_balance_sum::text
            )
        ) as figures
    from marts.stats_{type} as m
) as mart
full join (
    select
        account_id,
        period_start,
        jsonb_build_object('period_end', period_end, 'metrics', metrics, 'basis', basis) as figures
    from reader_stats
    where type = '{type}'
) as reader using (account_id, period_start)
