{#-
    Every transaction of the account-periods that this run writes, one row each, with what the statistics are made of.
    `period` is day, week or month.

    On a first build those are all account-periods. Afterwards they are the ones with a new transaction, and the
    one in which an account closed; each is read again as a whole, from its first sequence number to its last, so
    that a row written now is the row a full rebuild would write. Nothing here depends on an earlier period's row.

    columns
    account_id, period_start (date), period_end (date, exclusive), sequence, transaction_id, transfer_id, counterparty,
    posted_at, posted_date, amount (signed), balance_before, balance_after (minor units),
    is_first, is_last       of the account-period
    is_first_of_day
    microseconds_before     how long balance_before stood within the period and the account's life
    microseconds_after      for the last transaction, how long balance_after stands to the period's or the account's end; else 0
    days_before             on how many ends of a day in the period balance_before stood
    days_after              for the last transaction, on how many ends of a day balance_after stands; else 0
    building_batch_id       the batch that this run builds up to
-#}
{% macro transactions_by_period(period) %}
{%- set window = batch_window() -%}
{%- set incremental = window.last_batch_id is not none -%}
{%- set rebuild_above = var('rebuild_above') -%}
{%- set partial = incremental or rebuild_above is not none -%}
{%- set transactions = ref('int_transactions_dated') -%}
{%- set accounts = ref('int_accounts_dated') %}
    with transactions as {% if partial %}not materialized {% endif %}(
        select
            *,
            {{ period_start('posted_date', period) }} as period_start
        from {{ transactions }}
        where {{ is_within(window, 'posted_at') }}
    ),
    {% if incremental %}
    {{ touched_account_periods(period, window, accounts) }},
    {% elif partial %}
    touched as (
        select
            account_id,
            period_start,
            first_sequence,
            last_sequence
        from {{ this }}
        where batch_id > {{ rebuild_above }}
    ),
    {% endif %}
    selected as (
        {% if partial %}
        select period_transactions.*
        from touched
        -- One index range per touched account-period; `offset 0` keeps the planner from reading all history instead.
        cross join lateral (
            select * from transactions
            where
                account_id = touched.account_id
                and period_start = touched.period_start
                and sequence between touched.first_sequence and touched.last_sequence
            offset 0
        ) as period_transactions
        {% else %}
        select * from transactions
        {% endif %}
    ),

    accounts as (
        select account_id, opened_at, closed_at, first_open_date, open_until_date
        from {{ accounts }}
    ),

    with_accounts as (
        select
            selected.*,
            {{ period_end('selected.period_start', period) }} as period_end,
            accounts.opened_at,
            accounts.closed_at,
            accounts.first_open_date,
            accounts.open_until_date
        from selected
        -- A transaction whose account is missing keeps its figures and fails a test, instead of vanishing.
        left join accounts on selected.account_id = accounts.account_id
    )

    select
        account_id,
        period_start,
        period_end,
        sequence,
        transaction_id,
        transfer_id,
        counterparty,
        posted_at,
        posted_date,
        amount,
        balance_before,
        balance_after,
        lag(sequence) over account_period is null as is_first,
        lead(sequence) over account_period is null as is_last,
        coalesce(posted_date > lag(posted_date) over account_period, true) as is_first_of_day,
        {{ microseconds_between(
            'coalesce(lag(posted_at) over account_period, greatest(' ~ day_start('period_start') ~ ', opened_at))', 'posted_at'
        ) }} as microseconds_before,
        case
            when lead(sequence) over account_period is null
                then {{ microseconds_between('posted_at', 'least(' ~ day_start('period_end') ~ ', closed_at)') }}
            else 0
        end as microseconds_after,
        {{ days_between(
            'coalesce(lag(posted_date) over account_period, greatest(period_start, first_open_date))', 'posted_date'
        ) }} as days_before,
        case
            when lead(sequence) over account_period is null
                then {{ days_between('posted_date', 'least(period_end, open_until_date)') }}
            else 0
        end as days_after,
        {{ window.batch_id }}::bigint as building_batch_id
    from with_accounts
    window account_period as (partition by account_id, period_start order by sequence)
{% endmacro %}

{#- The account-periods a run writes again, and the range of sequence numbers that holds their transactions. -#}
{% macro touched_account_periods(period, window, accounts) %}
    moved as (
        select
            account_id,
            period_start,
            min(sequence) as first_sequence,
            max(sequence) as last_sequence
        from transactions
        where {{ is_new(window, 'transactions', 'posted_at') }}
        group by account_id, period_start
    ),

    closed as (
        select
            account_id,
            {{ period_start('closed_date', period) }} as period_start
        from {{ accounts }}
        where closed_at is not null and batch_id > {{ window.last_batch_id }}
    ),

    changed as (
        select
            account_id,
            period_start,
            moved.first_sequence,
            moved.last_sequence
        from moved
        full join closed using (account_id, period_start)
    ),

    touched as (
        select
            changed.account_id,
            changed.period_start,
            least(changed.first_sequence, written.first_sequence) as first_sequence,
            greatest(changed.last_sequence, written.last_sequence) as last_sequence
        from changed
        -- Here too `offset 0` keeps the planner from reading all that was ever written.
        left join lateral (
            select
                first_sequence,
                last_sequence
            from {{ this }} as mart
            where mart.account_id = changed.account_id and mart.period_start = changed.period_start
            offset 0
        ) as written on true
    )
{%- endmacro %}
