-- depends_on: {{ ref('stats_daily') }}, {{ ref('stats_weekly') }}, {{ ref('stats_monthly') }}
{% set metrics = metric_catalog_rows() if execute else [] %}

with metrics (name, label, definition, unit, idle_rule, version, position, periods) as (
    values
    {% for metric in metrics %}
    (
        {%- for key in ['name', 'label', 'definition', 'unit', 'idle_rule'] -%}
        {{ dbt.string_literal(dbt.escape_single_quotes(metric[key])) }},
        {%- endfor -%}
        {{ metric.version }}, {{ metric.position }}, '{{ '{' ~ metric.periods | join(',') ~ '}' }}'
    ){{ ',' if not loop.last }}
    {% else %}
    ('', '', '', '', '', 0, 0, '{}')
    {% endfor %}
)

select
    name::text as name,
    label::text as label,
    definition::text as definition,
    unit::text as unit,
    idle_rule::text as idle_rule,
    version::integer as version,
    position::integer as position,
    periods::text[] as periods
from metrics
where name <> ''
