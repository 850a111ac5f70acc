{#-
    Production has a schema for each layer (seeds, staging, intermediate, marts); an analyst has one for all they change.
-#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if target.name != 'prod' -%}
        {{ target.schema }}
    {%- elif node.resource_type == 'seed' -%}
        seeds
    {%- elif custom_schema_name is none -%}
        {{ target.schema }}
    {%- else -%}
        {{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}
