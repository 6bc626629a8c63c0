{# After `as` of a named query that is cheaper to ask twice than to keep. #}
{% macro inlined() -%}
    {{ return(adapter.dispatch('inlined', 'evenhand')()) }}
{%- endmacro %}

{% macro default__inlined() -%}{%- endmacro %}

{% macro duckdb__inlined() -%}not materialized{%- endmacro %}
