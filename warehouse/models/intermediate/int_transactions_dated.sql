-- No WITH in a view: Postgres would no longer see through it, and a run that needs ten rows would read them all.
select
    transaction_id,
    transfer_id,
    account_id,
    counterparty,
    amount,
    balance_after,
    sequence,
    posted_at,
    batch_id,
    balance_after - amount as balance_before,
    {{ bank_date('posted_at') }} as posted_date,
    counterparty like 'external:%' as is_external
from {{ ref('stg_ledger__transactions') }}
