{{ made_by_part('period', 'int_fingerprints__counted') }}
-- The spans behind int_unit_values that are no whole months; their days are counted one by one.
select distinct
    slices.period_key,
    slices.kpi_key,
    slices.unit_key,
    {{ asked_slice_part('slices') }} as slice_part_key,
    slices.span_key
from {{ ref('int_slices__summed') }} as slices
{{ slice_grains('slices') }}
where slices.span_key > 0 and {{ changed('slices.period_key') }}
