{#- The bank's calendar. The session's time zone never plays a part: every conversion names the bank's. -#}

{#- The date on the bank's calendar of a moment (timestamptz). -#}
{% macro bank_date(moment) -%}
    ({{ moment }} at time zone '{{ var("bank_time_zone") }}')::date
{%- endmacro %}

{#-
    The moment (timestamptz) at which a date of the bank's calendar begins. It is taken from the end of the day
    before, because midnight itself may not exist, or exist twice, where clocks change at midnight.
-#}
{% macro day_start(date) -%}
    (
        (({{ date }})::timestamp - interval '1 microsecond') at time zone '{{ var("bank_time_zone") }}'
        + interval '1 microsecond'
    )
{%- endmacro %}

{#- The first date of the period that holds a date. `period`: day, week (ISO, from Monday), month, quarter or year. -#}
{% macro period_start(date, period) -%}
    {%- if period == 'day' -%}
        {{ date }}
    {%- else -%}
        date_trunc('{{ period }}', ({{ date }})::timestamp)::date
    {%- endif -%}
{%- endmacro %}

{#- The first date after the period that begins on `start`. -#}
{% macro period_end(start, period) -%}
    {%- set months = {'month': 1, 'quarter': 3, 'year': 12} -%}
    {%- if period in months -%}
        ({{ start }} + interval '{{ months[period] }} months')::date
    {%- else -%}
        {{ start }} + {{ {'day': 1, 'week': 7}[period] }}
    {%- endif -%}
{%- endmacro %}

{#- Microseconds (bigint) from one timestamptz to a later one. -#}
{% macro microseconds_between(earlier, later) -%}
    (extract(epoch from {{ later }} - {{ earlier }}) * 1000000)::bigint
{%- endmacro %}
