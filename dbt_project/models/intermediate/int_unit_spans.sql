-- The spans behind int_unit_sums that are no whole months; their days are counted one by one.
with parts as (
    select distinct stage_key, project_kind_key, vendor_key, vendor_class_key, slice_part_key
    from {{ ref('int_slice_parts') }}
)

select distinct
    slices.period_key,
    slices.kpi_key,
    slices.unit_key,
    parts.slice_part_key,
    slices.span_key
from {{ ref('int_slices__summed') }} as slices
inner join parts
    on parts.stage_key = slices.stage_key
        and parts.project_kind_key = slices.project_kind_key
        and parts.vendor_key = slices.vendor_key
        and parts.vendor_class_key = slices.vendor_class_key
where slices.span_key > 0
