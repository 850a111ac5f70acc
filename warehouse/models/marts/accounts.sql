{% set window = batch_window() %}

with accounts as (
    select * from {{ ref('stg_ledger__accounts') }}
)

select
    account_id,
    type,
    currency,
    opened_at,
    closed_at,
    {{ window.batch_id }}::bigint as batch_id
from accounts
{% if window.last_batch_id is not none %}
where batch_id > {{ window.last_batch_id }}
{% endif %}
