select
    account_id,
    type,
    currency,
    last_sequence,
    opened_at,
    closed_at,
    batch_id,
    {{ bank_date('opened_at') }} as first_open_date,
    {{ bank_date('closed_at') }} as closed_date,
    -- An account that closes on the stroke of midnight was not open on the day that begins there.
    case
        when closed_at > opened_at then {{ bank_date("(closed_at - interval '1 microsecond')") }} + 1
        when closed_at is not null then {{ bank_date('opened_at') }}
    end as open_until_date
from {{ ref('stg_ledger__accounts') }}
