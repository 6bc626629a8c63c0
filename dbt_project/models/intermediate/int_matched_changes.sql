{{ config(materialized='view') }}
-- Company-level changes in every panel: of each group that has a value in both of its cells (METHOD 6).
-- Those of groups of one unit are found once (int_unit_changes) and spread over the panels where somebody reads them.
with alone as (
    select
        own.period_key,
        own.kpi_key,
        unit_parts.unit_part_key,
        own.slice_part_key,
        own.voter_key,
        own.change
    from {{ ref('int_unit_changes') }} as own
    {{ unit_parts_of('own') }}
)

select
    panels.period_key,
    panels.kpi_key,
    panels.unit_part_key,
    panels.slice_part_key,
    alone.voter_key,
    alone.change
from alone
inner join {{ ref('int_panels') }} as panels
    on
        panels.period_key = alone.period_key
        and panels.kpi_key = alone.kpi_key
        and panels.unit_part_key = alone.unit_part_key
        and panels.slice_part_key = alone.slice_part_key
union all
select
    panels.period_key,
    panels.kpi_key,
    panels.unit_part_key,
    panels.slice_part_key,
    latest.voter_key,
    {{ working_scale('latest.value', 'kpis') }} - {{ working_scale('earlier.value', 'kpis') }} as change
from {{ ref('int_joint_values') }} as latest
inner join {{ ref('int_panels') }} as panels
    on
        panels.period_key = latest.period_key
        and panels.kpi_key = latest.kpi_key
        and panels.unit_part_key = latest.unit_part_key
        and panels.slice_part_key = latest.slice_part_key
inner join {{ ref('int_joint_values') }} as earlier
    on
        earlier.period_key = latest.period_key - 10
        and earlier.kpi_key = latest.kpi_key
        and earlier.unit_part_key = latest.unit_part_key
        and earlier.slice_part_key = latest.slice_part_key
        and earlier.voter_key = latest.voter_key
inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = latest.kpi_key
