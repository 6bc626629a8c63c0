{{ made_by_part('period', 'int_fingerprints__counted') }}
-- A participant's own values in each cell where it is several units and its holding group's values are not its own: it did
-- not always count, changed its group, or shares it. Those of one unit have the unit's value. For its own report only.
{% set voter, condition = 'units.participant_key', 'not units.is_alone and not units.is_whole_participant' %}
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
