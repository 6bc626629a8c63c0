{# Make the lake's feeds readable as sources. DuckDB reads the files where a source stands; Spark gets a view of each, of files that all its nodes see under the same path. #}
{% macro show_lake() -%}
    {{ return(adapter.dispatch('show_lake', 'evenhand')()) }}
{%- endmacro %}

{% macro default__show_lake() -%}
    {% if execute %}
        {% do run_query('create schema if not exists raw') %}
        {% for source in graph.sources.values() | selectattr('source_name', 'equalto', 'raw') %}
            {% set files = 'file://' ~ env_var('EVENHAND_LAKE') ~ '/' ~ source.name ~ '/*.parquet' %}
            {% do run_query('create or replace view raw.' ~ source.identifier ~ ' as select * from parquet.`' ~ files ~ '`') %}
        {% endfor %}
    {% endif %}
{%- endmacro %}

{% macro duckdb__show_lake() -%}{%- endmacro %}
