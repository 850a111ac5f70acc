{#-
    The rows of a mart that a data test looks at: those written since the last published batch, so that a test costs
    what the run brought, and a run whose tests failed is looked at again by the next. All rows without the variable.
-#}
{% macro unpublished(model) -%}
    select * from {{ model }} where batch_id > {{ var('published_batch_id') | int }}
{%- endmacro %}
