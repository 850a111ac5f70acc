with transactions as (
    {{ transactions_by_period('month') }}
)

select
    {{ period_statistics('month') }}
from transactions
group by account_id, period_start
