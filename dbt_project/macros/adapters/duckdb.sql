{#
    Views name what they read by schema and table alone, without the name under which the warehouse is open now, so that a copy of the
    warehouse can be read under any name. Takes the place of the adapter's own.
#}
{% macro duckdb__create_view_as(relation, sql) -%}
    {%- if config.get('contract').enforced %}{{ get_assert_columns_equivalent(sql) }}{% endif -%}
    create or replace view {{ relation }} as (
        {{ sql | replace(adapter.quote(relation.database) ~ '.', '') }}
    )
{%- endmacro %}
