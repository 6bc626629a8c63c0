-- The first year, and the first quarter, in which a holding group has a value of a KPI among all companies.
with votes as (
    {{ votes() }}
)

select
    voter_key,
    kpi_key,
    case when period_key % 10 = 0 then 'year' else 'quarter' end as period_kind,
    min(period_key) as period_key
from votes
where slice_part_key = 0
group by voter_key, kpi_key, case when period_key % 10 = 0 then 'year' else 'quarter' end
