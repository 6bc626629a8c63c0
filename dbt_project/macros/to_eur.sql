{#
    Where money becomes EUR at constant prices (METHOD 3.2). Until exchange rates and the deflator are seeded, only
    amounts that are in EUR already pass; every other amount is NULL and its row goes to excluded_rows with the reason.
#}
{% macro to_eur(amount, currency) -%}
    case when {{ currency }} = 'EUR' then {{ amount }} end
{%- endmacro %}
