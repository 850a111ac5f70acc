{#- Every account with statistics is in the accounts mart. -#}
{% test accounts_are_known(model) %}
with written as (
    {{ unpublished(model) }}
),

accounts as (
    select account_id from {{ ref('accounts') }}
)

select distinct written.account_id
from written
left join accounts on written.account_id = accounts.account_id
where accounts.account_id is null
{% endtest %}
