{#-
    numerator / denominator as a bigint, halves rounded away from zero; null where the denominator is zero.
    Whole-number division: a quotient cut to some digits first could land on the wrong side of a half.
    The denominator must not be negative.
-#}
{% macro rounded_ratio(numerator, denominator) -%}
    div(
        2 * ({{ numerator }}) + sign({{ numerator }}) * ({{ denominator }}),
        nullif(2 * ({{ denominator }}), 0)
    )::bigint
{%- endmacro %}
