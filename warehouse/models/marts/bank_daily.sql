{% set window = batch_window() %}
{% set incremental = window.last_batch_id is not none %}

with transactions as {% if incremental %}not materialized {% endif %}(
    select * from {{ ref('int_transactions_dated') }}
    where {{ is_within(window, 'posted_at') }}
),

openings as {% if incremental %}not materialized {% endif %}(
    select * from {{ ref('int_accounts_dated') }}
    where opened_at < timestamptz '{{ window.complete_through }}'
),

{% if incremental %}
touched as (
    select posted_date as date
    from transactions
    where {{ is_new(window, 'posted_at') }}
    union
    -- An account's row is written again with each of its transactions: one that moved before is not a new account.
    select first_open_date as date
    from openings
    where
        {{ is_new(window, 'opened_at') }}
        and not exists (
            select 1
            from transactions
            where
                transactions.account_id = openings.account_id
                and transactions.sequence = 1
                and not {{ is_new(window, 'posted_at') }}
        )
),
{% endif %}

moves as (
    {% if incremental %}
    select day_transactions.*
    from touched
    -- One index range per touched day; `offset 0` keeps the planner from turning it into a join over all history.
    cross join lateral (
        select * from transactions
        where
            posted_at >= {{ day_start('touched.date') }}
            and posted_at < {{ day_start('touched.date + 1') }}
        offset 0
    ) as day_transactions
    {% else %}
    select * from transactions
    {% endif %}
),

moves_by_account as (
    select
        posted_date as date,
        account_id,
        coalesce(sum(amount) filter (where amount > 0 and is_external), 0) as deposits,
        coalesce(sum(amount) filter (where amount > 0), 0) as inflow,
        coalesce(-sum(amount) filter (where amount < 0), 0) as outflow,
        count(*) as transaction_count,
        -- Both sides of a movement inside the bank are rows here: the paying side stands for it.
        count(*) filter (where amount < 0 and not is_external) as transfers
    from moves
    group by posted_date, account_id
),

accounts as (
    select account_id, currency from {{ ref('int_accounts_dated') }}
),

moved as (
    select
        moves_by_account.date,
        accounts.currency,
        sum(deposits)::bigint as deposits,
        sum(inflow)::bigint as inflow,
        sum(outflow)::bigint as outflow,
        sum(transaction_count)::bigint as transaction_count,
        sum(transfers)::bigint as transfers,
        count(*) as active_accounts
    from moves_by_account
    left join accounts on moves_by_account.account_id = accounts.account_id
    group by moves_by_account.date, accounts.currency
),

opened as (
    select
        first_open_date as date,
        currency,
        count(*) as new_accounts
    from openings
    {% if incremental %}
    inner join touched on openings.first_open_date = touched.date
    {% endif %}
    group by first_open_date, currency
)

select
    date,
    currency,
    coalesce(deposits, 0) as deposits,
    coalesce(inflow, 0) as inflow,
    coalesce(outflow, 0) as outflow,
    coalesce(inflow - outflow, 0) as net_change,
    coalesce(transaction_count, 0) as transaction_count,
    coalesce(transfers, 0) as transfers,
    coalesce(active_accounts, 0) as active_accounts,
    coalesce(new_accounts, 0) as new_accounts,
    {{ window.batch_id }}::bigint as batch_id
from moved
full join opened using (date, currency)
