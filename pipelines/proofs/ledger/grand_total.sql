-- All accounts together: as many, with as many transactions and the same total in each currency as the ledger had.
with batch as (
    select source_totals, source_accounts, source_transactions from raw.batch where batch_id = %(batch_id)s
),

wanted as (
    select 'total in ' || key as place, value::numeric as amount from batch, jsonb_each_text(source_totals)
    union all
    select 'accounts', source_accounts from batch
    union all
    select 'transactions', source_transactions from batch
),

copied as (
    select 'total in ' || currency as place, sum(total)::numeric as amount from raw.account group by currency
    union all
    select 'accounts', count(*) from raw.account
    union all
    select 'transactions', coalesce(sum(last_sequence), 0) from raw.account
)

select
    null::uuid as account_id,
    place,
    wanted.amount::text as expected,
    copied.amount::text as found,
    wanted.amount = copied.amount as holds
from wanted
full join copied using (place)
