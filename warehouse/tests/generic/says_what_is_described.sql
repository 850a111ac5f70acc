{#- The catalogue has every statistic that the models' YAML describes, in its words, and no other. -#}
{% test says_what_is_described(model) %}
with described as (
    {{ described_metrics() }}
),

stored as (
    select name, label, definition, plain, unit, idle_rule, version, position, periods from {{ model }}
)

(select * from described except select * from stored)
union all
(select * from stored except select * from described)
{% endtest %}
