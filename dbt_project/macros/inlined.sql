{# After `as` of a named query: asked anew wherever it is used, which is cheaper than keeping its rows. #}
{% macro inlined() -%}
    {{ return(adapter.dispatch('inlined', 'evenhand')()) }}
{%- endmacro %}

{% macro default__inlined() -%}{%- endmacro %}

{% macro duckdb__inlined() -%}not materialized{%- endmacro %}

{# After `as` of a named query: made as it stands before anything is joined to it, where the engine would find a worse order. #}
{% macro made_first() -%}
    {{ return(adapter.dispatch('made_first', 'evenhand')()) }}
{%- endmacro %}

{% macro default__made_first() -%}{%- endmacro %}

{% macro duckdb__made_first() -%}materialized{%- endmacro %}
