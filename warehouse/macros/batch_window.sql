{#-
    Which rows this run takes in, as a dictionary:
    batch_id, complete_through            the batch to build up to, and its moment of completeness
    last_batch_id, last_complete_through  the same for the last batch this model took in; none when it builds from nothing

    Each model reads its own last batch from its own table: a run that was killed between two models leaves each of
    them right about itself. The values reach the SQL as literals, so that the planner sees how few rows are new.
    Where raw.batch is empty, nothing is selected.
-#}
{% macro batch_window() %}
    {%- set nothing = {
        'batch_id': 0, 'complete_through': '-infinity', 'last_batch_id': none, 'last_complete_through': none
    } -%}
    {%- if not execute -%}
        {{ return(nothing) }}
    {%- endif -%}
    {%- set wanted = var('batch_id') -%}
    {%- set found = run_query(batch_window_query(wanted)) -%}
    {%- if found.rows | length == 0 -%}
        {%- if wanted is not none -%}
            {{ exceptions.raise_compiler_error("raw.batch has no batch " ~ wanted) }}
        {%- endif -%}
        {{ return(nothing) }}
    {%- endif -%}
    {%- set window = dict(zip(found.column_names, found.rows[0].values())) -%}
    {%- if window.last_batch_id is not none and window.last_complete_through is none -%}
        {{ exceptions.raise_compiler_error(
            this ~ " was built up to batch " ~ window.last_batch_id ~ ", which raw.batch does not have:"
            ~ " run with --full-refresh"
        ) }}
    {%- endif -%}
    {{ return(window) }}
{% endmacro %}

{% macro batch_window_query(wanted) %}
    {%- set batches = source('ledger', 'batch') -%}
    {%- if is_incremental() -%}
        {%- set last = '(select max(batch_id) from ' ~ this ~ ')' -%}
    {%- else -%}
        {%- set last = 'null::bigint' -%}
    {%- endif %}
    select
        batch_id,
        complete_through::text as complete_through,
        {{ last }} as last_batch_id,
        (select complete_through::text from {{ batches }} where batch_id = {{ last }}) as last_complete_through
    from {{ batches }}
    where batch_id =
        {% if wanted is none %}(select max(batch_id) from {{ batches }}){% else %}{{ wanted | int }}{% endif %}
{% endmacro %}

{#- Rows up to the batch this run builds to: nothing of a later batch, nothing at or after its complete_through. -#}
{% macro is_within(window, moment) -%}
    batch_id <= {{ window.batch_id }} and {{ moment }} < timestamptz '{{ window.complete_through }}'
{%- endmacro %}

{#- Rows of `table` that the model has not taken in yet: of a later batch than its last, or too recent back then. -#}
{% macro is_new(window, table, moment) -%}
    (
        {{ table }}.batch_id > {{ window.last_batch_id }}
        or {{ table }}.{{ moment }} >= timestamptz '{{ window.last_complete_through }}'
    )
{%- endmacro %}
