-- The statistics of the accounts for one length of period. {metrics}: the mart's columns that are statistics, as JSON.
-- In the order of the readers' key: its index grows at one place, and an account's rows lie together.
-- name: table
stats.stats (account_id, type, period_start, period_end, metrics, basis, publication_id)

-- name: incoming
create temporary table incoming (
    account_id uuid, type text, period_start date, period_end date, metrics jsonb, basis jsonb, publication_id bigint
) on commit drop

-- name: read
select
    m.account_id,
    {type}::text,
    m.period_start,
    m.period_end,
    {metrics},
    concat(
        '{{"balance_integral": "', m.balance_integral, '", "daily_balance_sum": "', m.daily_balance_sum,
        '", "last_transaction_at": ', to_json(m.last_transaction_at), '}}'
    ),
    {publication_id}::bigint
from {mart} as m
where m.batch_id > {since}
order by m.account_id, m.period_start

-- name: merge
insert into stats.stats as s (account_id, type, period_start, period_end, metrics, basis, publication_id)
select account_id, type, period_start, period_end, metrics, basis, publication_id from incoming
on conflict (account_id, type, period_start) do update set
    period_end = excluded.period_end,
    metrics = excluded.metrics,
    basis = excluded.basis,
    publication_id = excluded.publication_id
where (s.period_end, s.metrics, s.basis) is distinct from (excluded.period_end, excluded.metrics, excluded.basis)

-- name: remove
delete from stats.stats as s
where s.type = {type} and not exists (
    select from incoming as i where i.account_id = s.account_id and i.period_start = s.period_start
)
