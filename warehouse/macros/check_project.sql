{#-
    What dbt itself would let pass and production would stop at later: it is refused before anything is built, whoever
    builds. Readers are shown whole numbers only, and production builds models and seeds.
-#}
{% macro check_project() %}
    {%- do metric_catalog_rows() -%}
    {%- for node in graph.nodes.values() -%}
        {%- if node.resource_type == 'snapshot' -%}
            {{ exceptions.raise_compiler_error("snapshot " ~ node.name ~ ": production builds models and seeds only") }}
        {%- elif node.resource_type == 'model' and node.name == 'bank_daily' -%}
            {%- for column in node.columns.values() if column.name not in ['date', 'currency', 'batch_id'] -%}
                {%- do check_is_whole_number(column, node.name) -%}
            {%- endfor -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}

{#- The stats service declares which types it can show, and the pipeline publishes no other. -#}
{% macro check_is_whole_number(column, model_name) %}
    {%- set types = ['smallint', 'integer', 'bigint'] -%}
    {%- if column.data_type not in types -%}
        {{ exceptions.raise_compiler_error(
            model_name ~ "." ~ column.name ~ " is published, so its data_type must be one of " ~ types | join(', ')
            ~ ": readers can't be shown " ~ (column.data_type or 'a column without one')
        ) }}
    {%- endif -%}
{% endmacro %}
