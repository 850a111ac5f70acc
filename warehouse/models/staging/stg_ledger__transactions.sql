select
    id as transaction_id,
    transfer_id,
    account_id,
    counterparty,
    amount,
    balance_after,
    sequence,
    at as posted_at,
    batch_id
from {{ source('ledger', 'transaction') }}
