select
    id as account_id,
    type,
    currency,
    total as balance,
    last_sequence,
    approved as is_approved,
    opened_at,
    closed_at,
    batch_id
from {{ source('ledger', 'account') }}
