{{ made_by_part('period', 'int_fingerprints__counted') }}
-- One row per unit, KPI, period and slice part: a unit's rows summed over what the slice does not ask for.
select
    slices.period_key,
    slices.kpi_key,
    slices.unit_key,
    {{ asked_slice_part('slices') }} as slice_part_key,
    sum(slices.numerator) as numerator,
    sum(slices.denominator) as denominator,
    cast(sum(slices.row_count) as integer) as row_count,
    cast(sum(slices.attributed_rows) as integer) as attributed_rows,
    max(slices.grade) as grade,
    bit_or(slices.month_mask) as month_mask,
    max(slices.span_key) > 0 as has_broken_months
from {{ ref('int_slices__summed') }} as slices
{{ slice_grains('slices') }}
where {{ changed('slices.period_key') }}
group by slices.period_key, slices.kpi_key, slices.unit_key, {{ asked_slice_part('slices') }}
