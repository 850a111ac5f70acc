{#-
    The statistics catalogue, read from the YAML of the models that carry `meta.statistics_period`: a list of
    dictionaries name, label, definition, plain, unit, idle_rule, version, position, periods, in the columns' order.
    Raises a compiler error for incomplete metadata, and where two models describe one statistic differently.
-#}
{% macro metric_catalog_rows() %}
    {%- set metrics = {} -%}
    {%- set by_period = {} -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.config.meta.statistics_period -%}
        {%- do by_period.update({node.config.meta.statistics_period: node}) -%}
    {%- endfor -%}
    {%- for period in ['daily', 'weekly', 'monthly'] if period in by_period -%}
        {%- for column in by_period[period].columns.values() if column.config.meta.metric -%}
            {%- set described = describe_metric(column, by_period[period].name) -%}
            {%- set added = dict(described, position=metrics | length + 1, periods=[]) -%}
            {%- set known = metrics.setdefault(column.name, added) -%}
            {%- for key, value in described.items() if known[key] != value -%}
                {{ exceptions.raise_compiler_error(
                    by_period[period].name ~ "." ~ column.name ~ ": " ~ key ~ " differs from stats_" ~ known.periods[0]
                ) }}
            {%- endfor -%}
            {%- do known.periods.append(period) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(metrics.values() | list) }}
{% endmacro %}

{% macro describe_metric(column, model_name) %}
    {%- set metric = column.config.meta.metric -%}
    {%- set allowed = {
        'unit': ['minor_units', 'count', 'days'],
        'idle': ['zero', 'carry', 'none', 'time_average', 'day_average'],
    } -%}
    {%- for key, values in allowed.items() if metric[key] not in values -%}
        {{ exceptions.raise_compiler_error(
            model_name ~ "." ~ column.name ~ ": metric." ~ key ~ " must be one of " ~ values | join(', ')
        ) }}
    {%- endfor -%}
    {%- if not (metric.label and column.description and metric.version) -%}
        {{ exceptions.raise_compiler_error(
            model_name ~ "." ~ column.name ~ ": a metric needs a description, metric.label and metric.version"
        ) }}
    {%- endif -%}
    {%- do check_is_whole_number(column, model_name) -%}
    {{ return({
        'name': column.name,
        'label': metric.label,
        'definition': column.description | trim,
        'plain': metric.plain or column.description | trim,
        'unit': metric.unit,
        'idle_rule': metric.idle,
        'version': metric.version | int,
    }) }}
{% endmacro %}

{#- The catalogue as the models' YAML describes it, as a query. -#}
{% macro described_metrics() %}
{%- set metrics = metric_catalog_rows() if execute else [] -%}
    with metrics (name, label, definition, plain, unit, idle_rule, version, position, periods) as (
        values
        {% for metric in metrics %}
        (
            {%- for key in ['name', 'label', 'definition', 'plain', 'unit', 'idle_rule'] -%}
            {{ dbt.string_literal(dbt.escape_single_quotes(metric[key])) }},
            {%- endfor -%}
            {{ metric.version }}, {{ metric.position }}, '{{ '{' ~ metric.periods | join(',') ~ '}' }}'
        ){{ ',' if not loop.last }}
        {% else %}
        ('', '', '', '', '', '', 0, 0, '{}')
        {% endfor %}
    )

    select
        name::text as name,
        label::text as label,
        definition::text as definition,
        plain::text as plain,
        unit::text as unit,
        idle_rule::text as idle_rule,
        version::integer as version,
        position::integer as position,
        periods::text[] as periods
    from metrics
    where name <> ''
{%- endmacro %}
