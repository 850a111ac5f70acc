{#-
    The statistics of an account-period, one aggregate each, over the rows of transactions_by_period(period) grouped
    by account_id and period_start. The three marts share this list, so they can't drift apart; a statistic that
    only one of them needs is one more line in that mart.
-#}
{% macro period_statistics(period) %}
    {%- set integral = 'sum(balance_before::numeric * microseconds_before)' -%}
    {%- set last_stretch = 'sum(balance_after::numeric * microseconds_after) filter (where is_last)' -%}
    {%- set day_sum = 'sum(balance_before::numeric * days_before)' -%}
    {%- set last_days = 'sum(balance_after::numeric * days_after) filter (where is_last)' -%}
        account_id,
        period_start,
        {{ period_end('period_start', period) }} as period_end,
        max(balance_before) filter (where is_first) as opening_balance,
        max(balance_after) filter (where is_last) as closing_balance,
        coalesce(sum(amount) filter (where amount > 0), 0)::bigint as inflow,
        coalesce(-sum(amount) filter (where amount < 0), 0)::bigint as outflow,
        sum(amount)::bigint as net_change,
        count(*) as transaction_count,
        count(*) filter (where amount > 0) as inflow_count,
        count(*) filter (where amount < 0) as outflow_count,
        max(abs(amount)) as largest_transaction,
        max(amount) filter (where amount > 0) as largest_inflow,
        -min(amount) filter (where amount < 0) as largest_outflow,
        {{ rounded_ratio(integral ~ ' + ' ~ last_stretch, 'sum(microseconds_before + microseconds_after)') }} as average_balance,
        {{ rounded_ratio(day_sum ~ ' + ' ~ last_days, 'sum(days_before + days_after)') }} as average_daily_balance,
        least(max(balance_before) filter (where is_first), min(balance_after)) as min_balance,
        greatest(max(balance_before) filter (where is_first), max(balance_after)) as max_balance,
        count(*) filter (where is_first_of_day) as active_days,
        count(distinct counterparty) as counterparty_count,
        max(posted_at) as last_transaction_at,
        {{ integral }}::numeric(38, 0) as balance_integral,
        {{ day_sum }}::numeric(38, 0) as daily_balance_sum,
        min(sequence) as first_sequence,
        max(sequence) as last_sequence,
        max(building_batch_id) as batch_id
{%- endmacro %}
