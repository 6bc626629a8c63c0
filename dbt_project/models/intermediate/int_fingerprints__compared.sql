-- As int_fingerprints__counted, where a period is looked at beside others. Kinds of parts: `cell`, a period and who has its
-- first value in it; `change`, that of a period and of the same one a year before.
with firsts as (
    select
        period_key,
        {{ digest_of_rows(['voter_key', 'kpi_key']) }} as digest
    from {{ ref('int_first_periods') }}
    group by period_key
),

cells as (
    select
        periods.part_key,
        concat(periods.fingerprint, '/', coalesce(firsts.digest, '')) as fingerprint
    from {{ ref('int_fingerprints__counted') }} as periods
    left join firsts on firsts.period_key = periods.part_key
    where periods.kind = 'period'
)

select
    'cell' as kind,
    part_key,
    fingerprint
from cells
union all
select
    'change' as kind,
    cells.part_key,
    concat(cells.fingerprint, '/', coalesce(earlier.fingerprint, '')) as fingerprint
from cells
left join cells as earlier on earlier.part_key = cells.part_key - 10
