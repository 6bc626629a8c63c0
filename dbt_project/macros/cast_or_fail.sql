{#
    A cast that fails where a value is there and its cast is not, without naming the value: elsewhere than in DuckDB a lost cast
    may be NULL silently, and DuckDB's own error quotes what a participant sent.
#}
{% macro cast_or_fail(expression, type) -%}
    {{ return(adapter.dispatch('cast_or_fail', 'evenhand')(expression, type)) }}
{%- endmacro %}

{% macro default__cast_or_fail(expression, type) -%}
    coalesce(
        cast({{ expression }} as {{ type }}),
        case when {{ expression }} is not null then cast(raise_error('a value does not fit into {{ type }}') as {{ type }}) end
    )
{%- endmacro %}

{% macro duckdb__cast_or_fail(expression, type) -%}
    coalesce(
        try_cast({{ expression }} as {{ type }}),
        case when {{ expression }} is not null then cast(error('a value does not fit into {{ type }}') as {{ type }}) end
    )
{%- endmacro %}
