with transactions as (
    select * from {{ ref('stg_ledger__transactions') }}
),

accounts as (
    select * from {{ ref('int_accounts_dated') }}
)

select
    transactions.transaction_id,
    transactions.transfer_id,
    transactions.account_id,
    transactions.counterparty,
    transactions.amount,
    transactions.balance_after,
    transactions.sequence,
    transactions.posted_at,
    transactions.batch_id,
    accounts.currency,
    accounts.opened_at,
    accounts.closed_at,
    accounts.first_open_date,
    accounts.open_until_date,
    transactions.balance_after - transactions.amount as balance_before,
    {{ bank_date('transactions.posted_at') }} as posted_date,
    transactions.counterparty like 'external:%' as is_external
from transactions
-- A transaction whose account is missing keeps its figures and fails the relationships test, instead of vanishing.
left join accounts on transactions.account_id = accounts.account_id
