{# Whole numbers 0 .. 10^digits - 1 as a subquery with the column n; the same on every engine. #}
{% macro numbers(digits) %}
    select {% for d in range(digits) %}d{{ d }}.digit * {{ 10 ** d }}{{ ' + ' if not loop.last }}{% endfor %} as n
    from {% for d in range(digits) %}(
        {%- for digit in range(10) %}select {{ digit }} as digit{{ ' union all ' if not loop.last }}{% endfor -%}
    ) as d{{ d }}{{ ' cross join ' if not loop.last }}{% endfor %}
{% endmacro %}
