-- One company, one vote: exactly one value per holding group and cell. Keys only; the mart decodes them.
-- Groups of one unit take the unit's value; the rows of the others are summed over their units first.
{% set voter, condition = 'units.group_key', 'units.is_counted and not units.is_whole_group' %}
with slice_cuts as (
    select distinct slice_part_key, cut_key
    from {{ ref('int_slice_parts') }}
),

joint as (
    {{ covered_values(company_sums(voter, condition), company_spans(voter, condition), ['period_key', 'kpi_key', 'unit_part_key', 'slice_part_key', 'voter_key']) }}
)

select
    alone.period_key,
    alone.kpi_key,
    unit_parts.unit_part_key,
    alone.slice_part_key,
    units.group_key as voter_key,
    alone.value,
    alone.volume,
    alone.row_count,
    alone.attributed_rows,
    alone.grade
from {{ ref('int_unit_values') }} as alone
inner join {{ ref('int_units') }} as units on units.unit_key = alone.unit_key
inner join slice_cuts on slice_cuts.slice_part_key = alone.slice_part_key
inner join {{ ref('int_unit_parts') }} as unit_parts
    on unit_parts.unit_key = alone.unit_key and unit_parts.cut_key = slice_cuts.cut_key
union all
select * from joint
