-- For every slice part that has rows and every cut that asks it: what it stands for. 0 stands for "not asked for".
with parts as (
    select distinct slice_part_key
    from {{ ref('int_unit_values') }}
),

taken_apart as (
    select
        slice_part_key,
        slice_part_key % 32 as stage_key,
        cast(floor(slice_part_key / 32) as bigint) % 16 as project_kind_key,
        cast(floor(slice_part_key / 512) as bigint) % 1024 as vendor_class_key,
        cast(floor(slice_part_key / 524288) as bigint) as vendor_key
    from parts
)

select
    cast(taken_apart.stage_key as integer) as stage_key,
    cast(taken_apart.project_kind_key as integer) as project_kind_key,
    cast(taken_apart.vendor_key as integer) as vendor_key,
    cast(taken_apart.vendor_class_key as integer) as vendor_class_key,
    cuts.cut_key,
    taken_apart.slice_part_key,
    stages.value_chain_stage,
    kinds.project_kind,
    vendors.vendor,
    classes.vendor_class
from taken_apart
inner join {{ ref('cuts') }} as cuts
    on
        cuts.uses_value_chain_stage = (taken_apart.stage_key > 0)
        and cuts.uses_project_kind = (taken_apart.project_kind_key > 0)
        and cuts.uses_vendor = (taken_apart.vendor_key > 0)
        and cuts.uses_vendor_class = (taken_apart.vendor_class_key > 0)
left join {{ ref('value_chain_stages') }} as stages on stages.stage_key = taken_apart.stage_key
left join {{ ref('project_kinds') }} as kinds on kinds.project_kind_key = taken_apart.project_kind_key
left join (select distinct vendor_key, vendor from {{ ref('int_vendors') }}) as vendors on vendors.vendor_key = taken_apart.vendor_key
left join (select distinct vendor_class_key, vendor_class from {{ ref('int_vendors') }}) as classes
    on classes.vendor_class_key = taken_apart.vendor_class_key
