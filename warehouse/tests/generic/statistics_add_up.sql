{#- Each row agrees with itself. A row of the answer is an account-period with the rule that it breaks. -#}
{% test statistics_add_up(model) %}
{% set rules = {
    'opening + net change = closing': 'opening_balance + net_change = closing_balance',
    'net change = money in - money out': 'net_change = inflow - outflow',
    'counts add up': 'transaction_count = inflow_count + outflow_count',
    'every transaction has its sequence number': 'transaction_count = last_sequence - first_sequence + 1',
    'largest is the larger side': 'largest_transaction = greatest(largest_inflow, largest_outflow)',
    'opening and closing lie between the extremes':
        'least(opening_balance, closing_balance) >= min_balance and greatest(opening_balance, closing_balance) <= max_balance',
    'averages lie between the extremes':
        'coalesce(average_balance, min_balance) between min_balance and max_balance'
        ~ ' and coalesce(average_daily_balance, min_balance) between min_balance and max_balance',
    'active days lie within the period': 'active_days between 1 and period_end - period_start',
    'no more other sides than transactions': 'counterparty_count between 1 and transaction_count',
} %}
with broken as (
    select *
    from ({{ unpublished(model) }}) as written
    -- All rules in one reading: most rows break none.
    where ({{ rules.values() | join(' and ') }}) is not true
)

select
    broken.account_id,
    broken.period_start,
    rule.broken_rule
from broken
cross join lateral (
    values
    {%- for rule, holds in rules.items() %}
    ('{{ rule }}', ({{ holds }}) is true){{ ',' if not loop.last }}
    {%- endfor %}
) as rule (broken_rule, holds)
where not rule.holds
{% endtest %}
