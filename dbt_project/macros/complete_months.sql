{# Whole months from one day to a later one: a month is complete on the day of the same number. Negative where `later` is earlier. #}
{% macro complete_months(first, later) -%}
    12 * (extract(year from {{ later }}) - extract(year from {{ first }}))
    + extract(month from {{ later }}) - extract(month from {{ first }})
    - case when extract(day from {{ later }}) < extract(day from {{ first }}) then 1 else 0 end
{%- endmacro %}
