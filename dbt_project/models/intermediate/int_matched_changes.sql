-- Company-level changes: for every cell that held enough groups a year earlier too, the change of each group that has a
-- value in both (METHOD 6). A year is compared with the year before, a quarter with the same quarter of the year before, so
-- that seasons do not count as change. The same KPI version in both: a changed definition breaks the series.
-- period_key is year * 10 + quarter. Groups of one unit are matched before they are spread over the cuts, as in int_company_values.
{% set cell = ['period_key', 'kpi_key', 'unit_part_key', 'slice_part_key'] %}
{% set a_year = 10 %}
with panels as (
    select
        {% for key in cell %}latest.{{ key }}{{ ', ' if not loop.last }}{% endfor %}
    from {{ ref('int_cells') }} as latest
    inner join {{ ref('int_cells') }} as earlier
        on
            earlier.period_key = latest.period_key - {{ a_year }}
            and earlier.kpi_key = latest.kpi_key
            and earlier.unit_part_key = latest.unit_part_key
            and earlier.slice_part_key = latest.slice_part_key
    where latest.contributors >= {{ var('smallest_panel') }} and earlier.contributors >= {{ var('smallest_panel') }}
),

slices as (
    select distinct period_key, kpi_key, slice_part_key
    from panels
),

slice_cuts as (
    select distinct slice_part_key, cut_key
    from {{ ref('int_slice_parts') }}
),

alone as (
    select
        latest.period_key,
        latest.kpi_key,
        latest.slice_part_key,
        latest.unit_key,
        latest.value,
        earlier.value as earlier_value
    from {{ ref('int_unit_values') }} as latest
    inner join slices
        on
            slices.period_key = latest.period_key
            and slices.kpi_key = latest.kpi_key
            and slices.slice_part_key = latest.slice_part_key
    inner join {{ ref('int_unit_values') }} as earlier
        on
            earlier.period_key = latest.period_key - {{ a_year }}
            and earlier.kpi_key = latest.kpi_key
            and earlier.slice_part_key = latest.slice_part_key
            and earlier.unit_key = latest.unit_key
),

joint_groups as (
    select distinct group_key
    from {{ ref('int_units') }}
    where is_counted and not is_whole_group
),

joint as (
    select company.*
    from {{ ref('int_company_values') }} as company
    inner join joint_groups on joint_groups.group_key = company.voter_key
),

matched as (
    select
        alone.period_key,
        alone.kpi_key,
        unit_parts.unit_part_key,
        alone.slice_part_key,
        units.group_key as voter_key,
        alone.value,
        alone.earlier_value
    from alone
    inner join {{ ref('int_units') }} as units on units.unit_key = alone.unit_key
    inner join slice_cuts on slice_cuts.slice_part_key = alone.slice_part_key
    inner join {{ ref('int_unit_parts') }} as unit_parts
        on unit_parts.unit_key = alone.unit_key and unit_parts.cut_key = slice_cuts.cut_key
    union all
    select
        latest.period_key,
        latest.kpi_key,
        latest.unit_part_key,
        latest.slice_part_key,
        latest.voter_key,
        latest.value,
        earlier.value as earlier_value
    from joint as latest
    inner join joint as earlier
        on
            earlier.period_key = latest.period_key - {{ a_year }}
            and earlier.kpi_key = latest.kpi_key
            and earlier.unit_part_key = latest.unit_part_key
            and earlier.slice_part_key = latest.slice_part_key
            and earlier.voter_key = latest.voter_key
)

select
    {% for key in cell %}matched.{{ key }}, {% endfor %}
    matched.voter_key,
    {{ working_scale('matched.value', 'kpis') }} - {{ working_scale('matched.earlier_value', 'kpis') }} as change
from matched
inner join panels on {% for key in cell %}panels.{{ key }} = matched.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}

inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = matched.kpi_key
