with transactions as (
    {{ transactions_by_period('week') }}
)

select
    {{ period_statistics('week') }}
from transactions
group by account_id, period_start
