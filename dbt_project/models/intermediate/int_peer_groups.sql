-- Every peer group in words: a pair of parts of one cut.
with unit_parts as (
    select distinct unit_part_key, cut_key, industry, sector, country, size_band
    from {{ ref('int_unit_parts') }}
),

slice_parts as (
    select distinct slice_part_key, cut_key, value_chain_stage, project_kind, vendor, vendor_class
    from {{ ref('int_slice_parts') }}
)

select
    unit_parts.unit_part_key,
    slice_parts.slice_part_key,
    cuts.cut,
    unit_parts.industry,
    unit_parts.sector,
    unit_parts.country,
    unit_parts.size_band,
    slice_parts.value_chain_stage,
    slice_parts.project_kind,
    slice_parts.vendor,
    slice_parts.vendor_class
from unit_parts
inner join slice_parts on slice_parts.cut_key = unit_parts.cut_key
inner join {{ ref('cuts') }} as cuts on cuts.cut_key = unit_parts.cut_key
