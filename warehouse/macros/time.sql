{#- The bank's calendar. The session's time zone never plays a part: every conversion names the bank's. -#}

{#-
    What is odd about some time zones; a test holds this against every zone there is.
    skipped      dates that never were, because the date line moved
    is_disputed  the clock has gone back over midnight, or jumped past it: for a while it shows a date whose day has not
                 begun for good (St John's until 2010: 00:01 became 23:01)
-#}
{% macro calendar_oddities() %}
    {%- set skipped = {
        '1844-12-31': [
            'Asia/Manila', 'Pacific/Chuuk', 'Pacific/Guam', 'Pacific/Kosrae', 'Pacific/Palau', 'Pacific/Pohnpei',
            'Pacific/Saipan',
        ],
        '1993-08-21': ['Kwajalein', 'Pacific/Kwajalein'],
        '1994-12-31': ['Pacific/Enderbury', 'Pacific/Kanton', 'Pacific/Kiritimati'],
        '2011-12-30': ['Pacific/Apia', 'Pacific/Fakaofo'],
    } -%}
    {%- set disputed = [
        'America/Adak', 'America/Anchorage', 'America/Atka', 'America/Goose_Bay', 'America/Juneau',
        'America/Metlakatla', 'America/Moncton', 'America/Montreal', 'America/Nipigon', 'America/Nome',
        'America/Phoenix', 'America/Sitka', 'America/St_Johns', 'America/Thunder_Bay', 'America/Toronto',
        'America/Yakutat', 'Antarctica/Casey', 'Canada/Eastern', 'Canada/Newfoundland', 'Pacific/Guam',
        'Pacific/Saipan', 'US/Alaska', 'US/Aleutian', 'US/Arizona',
    ] -%}
    {%- set dates = [] -%}
    {%- for date, zones in skipped.items() if var('bank_time_zone') in zones -%}
        {%- do dates.append(date) -%}
    {%- endfor -%}
    {{ return({'skipped': dates, 'is_disputed': var('bank_time_zone') in disputed}) }}
{% endmacro %}

{#- The date on the bank's calendar of a moment (timestamptz): the day that holds it. -#}
{% macro bank_date(moment) -%}
    {%- set clock_date -%}
        ({{ moment }} at time zone '{{ var("bank_time_zone") }}')::date
    {%- endset -%}
    {%- if calendar_oddities().is_disputed -%}
        ({{ clock_date }} - ({{ moment }} < {{ day_start(clock_date) }})::integer)
    {%- else -%}
        {{ clock_date }}
    {%- endif -%}
{%- endmacro %}

{#-
    The moment (timestamptz) at which a date of the bank's calendar begins: from then on the clock never shows an earlier
    date. Midnight may exist twice (then Postgres gives the second, and the end of the day before is the first), and so may
    the end of the day before not exist (then midnight is right): the earlier of the two it is.
-#}
{% macro day_start(date) -%}
    least(
        ({{ date }})::timestamp at time zone '{{ var("bank_time_zone") }}',
        (({{ date }})::timestamp - interval '1 microsecond') at time zone '{{ var("bank_time_zone") }}'
        + interval '1 microsecond'
    )
{%- endmacro %}

{#- How many days of the bank's calendar there are from one date on and before a later one. -#}
{% macro days_between(earlier, later) -%}
    ({{ later }}) - ({{ earlier }})
    {%- for date in calendar_oddities().skipped %}
    - (date '{{ date }}' >= ({{ earlier }}) and date '{{ date }}' < ({{ later }}))::integer
    {%- endfor -%}
{%- endmacro %}

{#- The first date of the period that holds a date. `period`: day, week (ISO, from Monday) or month. -#}
{% macro period_start(date, period) -%}
    {%- if period == 'day' -%}
        {{ date }}
    {%- else -%}
        date_trunc('{{ period }}', ({{ date }})::timestamp)::date
    {%- endif -%}
{%- endmacro %}

{#- The first date after the period that begins on `start`. -#}
{% macro period_end(start, period) -%}
    {%- if period == 'month' -%}
        ({{ start }} + interval '1 month')::date
    {%- else -%}
        {{ start }} + {{ {'day': 1, 'week': 7}[period] }}
    {%- endif -%}
{%- endmacro %}

{#- Microseconds (bigint) from one timestamptz to a later one. -#}
{% macro microseconds_between(earlier, later) -%}
    (extract(epoch from {{ later }} - {{ earlier }}) * 1000000)::bigint
{%- endmacro %}
