-- The first year, and the first quarter, in which a holding group has a value of a KPI among all companies.
with present as (
    select
        units.group_key as voter_key,
        alone.kpi_key,
        alone.period_key
    from {{ ref('int_unit_values') }} as alone
    inner join {{ ref('int_units') }} as units on units.unit_key = alone.unit_key and units.is_counted and units.is_whole_group
    where alone.slice_part_key = 0 and alone.value is not null
    union all
    select
        joint.voter_key,
        joint.kpi_key,
        joint.period_key
    from {{ ref('int_joint_values') }} as joint
    where joint.slice_part_key = 0
)

select
    voter_key,
    kpi_key,
    case when period_key % 10 = 0 then 'year' else 'quarter' end as period_kind,
    min(period_key) as period_key
from present
group by voter_key, kpi_key, case when period_key % 10 = 0 then 'year' else 'quarter' end
