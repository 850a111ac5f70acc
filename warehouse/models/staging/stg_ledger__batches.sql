select
    batch_id,
    complete_through,
    extracted_at,
    transaction_rows,
    account_rows,
    source_totals
from {{ source('ledger', 'batch') }}
