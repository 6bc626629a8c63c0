{# The exact quantiles P10, P25, P50, P75, P90 of a column as a list (Hyndman & Fan 1996, type 7). #}
{% macro exact_quantiles(value) -%}
    {{ return(adapter.dispatch('exact_quantiles', 'evenhand')(value)) }}
{%- endmacro %}

{% macro default__exact_quantiles(value) -%}
    percentile({{ value }}, array(0.1, 0.25, 0.5, 0.75, 0.9))
{%- endmacro %}

{% macro duckdb__exact_quantiles(value) -%}
    quantile_cont({{ value }}, [0.1, 0.25, 0.5, 0.75, 0.9])
{%- endmacro %}

{# The item of a list at a place counted from 0. #}
{% macro list_item(list, place) -%}
    {{ return(adapter.dispatch('list_item', 'evenhand')(list, place)) }}
{%- endmacro %}

{% macro default__list_item(list, place) -%}
    {{ list }}[{{ place }}]
{%- endmacro %}

{% macro duckdb__list_item(list, place) -%}
    {{ list }}[{{ place + 1 }}]
{%- endmacro %}

{# The exact median of a column. #}
{% macro exact_median(value) -%}
    {{ return(adapter.dispatch('exact_median', 'evenhand')(value)) }}
{%- endmacro %}

{% macro default__exact_median(value) -%}
    percentile({{ value }}, 0.5)
{%- endmacro %}

{% macro duckdb__exact_median(value) -%}
    quantile_cont({{ value }}, 0.5)
{%- endmacro %}
