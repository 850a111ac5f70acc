{#- The bank's calendar. The session's time zone never plays a part: every conversion names the bank's. -#}

{#- The date on the bank's calendar of a moment (timestamptz). -#}
{% macro bank_date(moment) -%}
    ({{ moment }} at time zone '{{ var("bank_time_zone") }}')::date
{%- endmacro %}

{#-
    The moment (timestamptz) at which a date of the bank's calendar begins: the first one with that date. Midnight may
    exist twice (then Postgres gives the second, and the end of the day before is the first), and so may the end of the
    day before not exist (then midnight is right): the earlier of the two it is.
-#}
{% macro day_start(date) -%}
    least(
        ({{ date }})::timestamp at time zone '{{ var("bank_time_zone") }}',
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
