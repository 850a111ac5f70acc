{#-
    The statistics catalogue, read from the YAML of the models that carry `meta.statistics_period`: a list of
    dictionaries name, label, definition, unit, idle_rule, version, position, periods, in the columns' order.
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
    {{ return({
        'name': column.name,
        'label': metric.label,
        'definition': column.description | trim,
        'unit': metric.unit,
        'idle_rule': metric.idle,
        'version': metric.version | int,
    }) }}
{% endmacro %}
