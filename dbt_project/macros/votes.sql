{#
    One row per vote: the value of each holding group of one unit once, for all of its cells (unit_key; unit_part_key is NULL), and that
    of each group of several units in each of its cells (unit_part_key; unit_key is NULL).
#}
{% macro votes() %}
    select
        own.period_key,
        own.kpi_key,
        cast(null as integer) as unit_part_key,
        own.slice_part_key,
        own.unit_key,
        units.group_key as voter_key,
        own.value,
        own.denominator as volume,
        own.row_count,
        own.attributed_rows,
        own.grade_key
    from {{ ref('int_unit_values') }} as own
    inner join {{ ref('int_units') }} as units on units.unit_key = own.unit_key and units.is_counted and units.is_whole_group
    where own.value is not null and {{ changed('own.period_key') }}
    union all
    select
        period_key,
        kpi_key,
        unit_part_key,
        slice_part_key,
        null as unit_key,
        voter_key,
        value,
        volume,
        row_count,
        attributed_rows,
        grade_key
    from {{ ref('int_joint_values') }}
    where {{ changed('period_key') }}
{% endmacro %}

{# Votes (rows of a relation made from votes()) in each of their cells, with these columns beside the cell's key. #}
{% macro in_each_cell(votes, columns) %}
    select
        {{ votes }}.period_key,
        {{ votes }}.kpi_key,
        unit_parts.unit_part_key,
        {{ votes }}.slice_part_key,
        {% for column in columns %}{{ votes }}.{{ column }}{{ ', ' if not loop.last }}{% endfor %}

    from {{ votes }}
    {{ unit_parts_of(votes) }}
    union all
    select
        period_key,
        kpi_key,
        unit_part_key,
        slice_part_key,
        {{ columns | join(', ') }}
    from {{ votes }}
    where unit_part_key is not null
{% endmacro %}
