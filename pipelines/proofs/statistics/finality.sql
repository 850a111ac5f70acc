-- A figure that was final when it was last published is still the same, unless the account had never been
-- published or the metric's version is higher now. Table `published` holds what readers have.
select
    account_id,
    '{type} ' || period_start as place,
    published.metrics::text as expected,
    mart.metrics::text as found,
    published.metrics is not distinct from mart.metrics as holds
from (
    select account_id, period_start, metrics - {left_out}::text[] as metrics
    from published
    where type = '{type}'
) as published
full join (
    select m.account_id, m.period_start, to_jsonb((select c from (select {columns}) as c)) as metrics
    from marts.stats_{type} as m
    inner join published_account using (account_id)
    where m.batch_id > %(since)s and m.period_end <= %(final_date)s
) as mart using (account_id, period_start)
