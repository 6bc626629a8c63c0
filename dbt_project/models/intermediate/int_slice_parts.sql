-- For every slice (stage, project kind, vendor, vendor class) and cut of its family: the part of the peer group that the
-- row decides. 0 stands for "not asked for".
with slices as (
    select distinct
        stage_key,
        project_kind_key,
        vendor_key,
        vendor_class_key
    from {{ ref('int_slices__summed') }}
),

matched as (
    select
        slices.*,
        cuts.cut_key,
        case when cuts.uses_value_chain_stage then slices.stage_key else 0 end as asked_stage_key
    from slices
    inner join {{ ref('cuts') }} as cuts
        on
            cuts.uses_project_kind = (slices.project_kind_key > 0)
            and cuts.uses_vendor = (slices.vendor_key > 0)
            and cuts.uses_vendor_class = (slices.vendor_class_key > 0)
),

ranked as (
    select
        matched.*,
        cast(dense_rank() over (
            order by asked_stage_key, project_kind_key, vendor_key, vendor_class_key
        ) as integer) as slice_part_key
    from matched
),

vendors as (
    select distinct vendor_key, vendor from {{ ref('int_vendors') }}
),

classes as (
    select distinct vendor_class_key, vendor_class from {{ ref('int_vendors') }}
)

select
    ranked.stage_key,
    ranked.project_kind_key,
    ranked.vendor_key,
    ranked.vendor_class_key,
    ranked.cut_key,
    ranked.slice_part_key,
    stages.value_chain_stage,
    kinds.project_kind,
    vendors.vendor,
    classes.vendor_class
from ranked
left join {{ ref('value_chain_stages') }} as stages on stages.stage_key = ranked.asked_stage_key
left join {{ ref('project_kinds') }} as kinds on kinds.project_kind_key = ranked.project_kind_key
left join vendors on vendors.vendor_key = ranked.vendor_key
left join classes on classes.vendor_class_key = ranked.vendor_class_key
