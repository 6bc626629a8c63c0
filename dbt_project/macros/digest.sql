{# A number that stands for the values of some columns; other values have, but for one case in 2^64, another. Sums of it stand for sets of rows. #}
{% macro digest(columns) -%}
    {{ return(adapter.dispatch('digest', 'evenhand')(columns)) }}
{%- endmacro %}

{% macro default__digest(columns) -%}
    cast(xxhash64(concat_ws('|', {% for column in columns %}coalesce(cast({{ column }} as string), '~'){{ ', ' if not loop.last }}{% endfor %})) as decimal(38, 0))
{%- endmacro %}

{% macro duckdb__digest(columns) -%}
    cast(hash({{ columns | join(', ') }}) as hugeint)
{%- endmacro %}

{# The digest of all rows of a group, as text. #}
{% macro digest_of_rows(columns) -%}
    concat(cast(count(*) as varchar(20)), ':', cast(sum({{ digest(columns) }}) as varchar(40)))
{%- endmacro %}
