{#- No two rows agree in all of `columns`; looks at the key values written since the last publication. -#}
{% test unique_combination(model, columns) %}
with written as (
    {{ unpublished(model) }}
)

select {{ columns | join(', ') }}
from written
group by {{ columns | join(', ') }}
having count(*) > 1
{% endtest %}
