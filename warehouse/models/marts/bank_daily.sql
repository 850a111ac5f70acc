{% set window = batch_window() %}
{% set incremental = window.last_batch_id is not none %}
{% set rebuild_above = var('rebuild_above') %}
{% set partial = incremental or rebuild_above is not none %}

with transactions as {% if partial %}not materialized {% endif %}(
    select * from {{ ref('int_transactions_dated') }}
    where {{ is_within(window, 'posted_at') }}
),

accounts as {% if partial %}not materialized {% endif %}(
    select * from {{ ref('int_accounts_dated') }}
),

openings as {% if partial %}not materialized {% endif %}(
    select * from accounts
    where opened_at < timestamptz '{{ window.complete_through }}'
),

{% if incremental %}
first_transactions as ( -- noqa: ST03
    select account_id from {{ ref('int_transactions_dated') }}
    where sequence = 1 and batch_id > {{ window.last_batch_id }} and batch_id <= {{ window.batch_id }}
),

touched as ( -- noqa: ST03
    select posted_date as date
    from transactions
    where {{ is_new(window, 'transactions', 'posted_at') }}
    union
    -- An account's row comes again with each of its transactions. It is new when it opened since the last run,
    -- or when its past was imported: then its first transaction is new, or there is none.
    select first_open_date as date
    from openings
    where
        opened_at >= timestamptz '{{ window.last_complete_through }}'
        or (batch_id > {{ window.last_batch_id }} and last_sequence = 0)
    union
    select openings.first_open_date as date
    from first_transactions
    inner join openings on first_transactions.account_id = openings.account_id
),
{% elif partial %}
touched as ( -- noqa: ST03
    select distinct date
    from {{ this }}
    where batch_id > {{ rebuild_above }}
),
{% endif %}

moves as (
    {% if partial %}
    select day_transactions.*
    from touched
    -- One index range per touched day; `offset 0` keeps the planner from turning it into a join over all history.
    cross join lateral (
        select * from transactions
        where
            transactions.posted_at >= {{ day_start('touched.date') }}
            and transactions.posted_at < {{ day_start('touched.date + 1') }}
        offset 0 -- noqa: AM09
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

moved as (
    select
        moves_by_account.date,
        accounts.currency,
        sum(moves_by_account.deposits)::bigint as deposits,
        sum(moves_by_account.inflow)::bigint as inflow,
        sum(moves_by_account.outflow)::bigint as outflow,
        sum(moves_by_account.transaction_count)::bigint as transaction_count,
        sum(moves_by_account.transfers)::bigint as transfers,
        count(*) as active_accounts
    from moves_by_account
    left join accounts on moves_by_account.account_id = accounts.account_id
    group by moves_by_account.date, accounts.currency
),

opened as (
    select
        openings.first_open_date as date,
        openings.currency,
        count(*) as new_accounts
    from openings
    {% if partial %}
    inner join touched on openings.first_open_date = touched.date
    {% endif %}
    group by openings.first_open_date, openings.currency
)

select
    date,
    currency,
    coalesce(moved.deposits, 0) as deposits,
    coalesce(moved.inflow, 0) as inflow,
    coalesce(moved.outflow, 0) as outflow,
    coalesce(moved.inflow - moved.outflow, 0) as net_change,
    coalesce(moved.transaction_count, 0) as transaction_count,
    coalesce(moved.transfers, 0) as transfers,
    coalesce(moved.active_accounts, 0) as active_accounts,
    coalesce(opened.new_accounts, 0) as new_accounts,
    {{ window.batch_id }}::bigint as batch_id
from moved
full join opened using (date, currency)
