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
    select first_open_date as date
    from openings
    where {{ is_new(window, 'opened_at') }}
),

days as (
    select
        date,
        {{ day_start('date') }} as starts_at,
        {{ day_start('date + 1') }} as ends_at
    from touched
),
{% endif %}

moves_by_account as (
    select
        posted_date as date,
        currency,
        account_id,
        coalesce(sum(amount) filter (where amount > 0 and is_external), 0) as deposits,
        coalesce(sum(amount) filter (where amount > 0), 0) as inflow,
        coalesce(-sum(amount) filter (where amount < 0), 0) as outflow,
        count(*) as transaction_count,
        -- Both sides of a movement inside the bank are rows here: the paying side stands for it.
        count(*) filter (where amount < 0 and not is_external) as transfers
    from transactions
    {% if incremental %}
    inner join days on transactions.posted_at >= days.starts_at and transactions.posted_at < days.ends_at
    {% endif %}
    group by posted_date, currency, account_id
),

moves as (
    select
        date,
        currency,
        sum(deposits)::bigint as deposits,
        sum(inflow)::bigint as inflow,
        sum(outflow)::bigint as outflow,
        sum(transaction_count)::bigint as transaction_count,
        sum(transfers)::bigint as transfers,
        count(*) as active_accounts
    from moves_by_account
    group by date, currency
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
from moves
full join opened using (date, currency)
