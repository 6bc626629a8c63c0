-- One row per unit, KPI, period and slice part: a unit's rows summed over what the slice does not ask for.
with parts as (
    select distinct stage_key, project_kind_key, vendor_key, vendor_class_key, slice_part_key
    from {{ ref('int_slice_parts') }}
)

select
    slices.period_key,
    slices.kpi_key,
    slices.unit_key,
    parts.slice_part_key,
    sum(slices.numerator) as numerator,
    sum(slices.denominator) as denominator,
    cast(sum(slices.row_count) as integer) as row_count,
    cast(sum(slices.attributed_rows) as integer) as attributed_rows,
    max(slices.grade) as grade,
    bit_or(slices.month_mask) as month_mask,
    max(slices.span_key) > 0 as has_broken_months
from {{ ref('int_slices__summed') }} as slices
inner join parts
    on parts.stage_key = slices.stage_key
        and parts.project_kind_key = slices.project_kind_key
        and parts.vendor_key = slices.vendor_key
        and parts.vendor_class_key = slices.vendor_class_key
group by slices.period_key, slices.kpi_key, slices.unit_key, parts.slice_part_key
