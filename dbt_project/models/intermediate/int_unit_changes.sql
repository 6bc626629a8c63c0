{{ made_by_part('change', 'int_fingerprints__compared') }}
-- Company-level changes of groups of one unit, per KPI, period and slice part: the value now, that of a year earlier, and
-- the change on the scale of the KPI (METHOD 6). A year is compared with the year before, a quarter with the same quarter of
-- the year before, so that seasons do not count as change. The same KPI version in both: a changed definition breaks the
-- series. period_key is year * 10 + quarter.
{% set a_year = 10 %}
select
    latest.period_key,
    latest.kpi_key,
    latest.slice_part_key,
    latest.unit_key,
    units.group_key as voter_key,
    {{ working_scale('latest.value', 'kpis') }} - {{ working_scale('earlier.value', 'kpis') }} as change
from {{ ref('int_unit_values') }} as latest
inner join {{ ref('int_units') }} as units on units.unit_key = latest.unit_key and units.is_counted and units.is_whole_group
inner join {{ ref('int_unit_values') }} as earlier
    on
        earlier.period_key = latest.period_key - {{ a_year }}
        and earlier.kpi_key = latest.kpi_key
        and earlier.slice_part_key = latest.slice_part_key
        and earlier.unit_key = latest.unit_key
inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = latest.kpi_key
where
    latest.value is not null
    and earlier.value is not null
    and {{ changed('latest.period_key') }}
    and {{ changed('earlier.period_key + ' ~ a_year) }}
