{# A cast that fails where a value is there and its cast is not. DuckDB's own does; elsewhere a lost cast may be NULL silently. #}
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
    cast({{ expression }} as {{ type }})
{%- endmacro %}
