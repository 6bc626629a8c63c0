{{ config(materialized='view') }}
-- One company, one vote: exactly one value per holding group and cell. Keys only; the mart decodes them.
-- The value of a group of one unit is spread over its cells where somebody reads it.
select
    alone.period_key,
    alone.kpi_key,
    unit_parts.unit_part_key,
    alone.slice_part_key,
    units.group_key as voter_key,
    alone.value,
    alone.denominator as volume,
    alone.row_count,
    alone.attributed_rows,
    alone.grade_key
from {{ ref('int_unit_values') }} as alone
inner join {{ ref('int_units') }} as units on units.unit_key = alone.unit_key and units.is_counted and units.is_whole_group
inner join {{ ref('int_unit_parts') }} as unit_parts
    on unit_parts.unit_key = alone.unit_key and unit_parts.slice_family = {{ slice_family('alone.slice_part_key') }}
where alone.value is not null
union all
select
    period_key,
    kpi_key,
    unit_part_key,
    slice_part_key,
    voter_key,
    value,
    volume,
    row_count,
    attributed_rows,
    grade_key
from {{ ref('int_joint_values') }}
