with transactions as (
    {{ transactions_by_period('day') }}
)

select
    {{ period_statistics('day') }}
from transactions
group by account_id, period_start
