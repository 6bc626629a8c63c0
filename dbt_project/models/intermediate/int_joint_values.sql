{{ made_by_part('period', 'int_fingerprints__counted') }}
-- The value of every holding group of several units in each cell: their rows are summed first. Groups of one unit take the
-- unit's value (int_company_values).
{% set voter, condition = 'units.group_key', 'units.is_counted and not units.is_whole_group' %}
with voters as (
    {{ with_values(
        company_sums(voter, condition),
        company_spans(voter, condition),
        ['period_key', 'kpi_key', 'unit_part_key', 'slice_part_key', 'voter_key']
    ) }}
)

select
    period_key,
    kpi_key,
    unit_part_key,
    slice_part_key,
    voter_key,
    value,
    denominator as volume,
    row_count,
    attributed_rows,
    grade_key
from voters
where value is not null
