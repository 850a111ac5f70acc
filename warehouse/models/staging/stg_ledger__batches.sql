select
    batch_id,
    complete_through,
    extracted_at,
    transaction_rows,
    account_rows,
    source_totals,
    source_accounts,
    source_transactions
from {{ source('ledger', 'batch') }}
