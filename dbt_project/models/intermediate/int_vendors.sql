-- Vendor identity. A spelling is a vendor as it stands until identities are resolved; this model is where they will be.
with spellings as (
    select vendor from {{ ref('stg_kpi_values') }}
    union
    select vendor from {{ ref('stg_engagements') }}
)

select
    cast(row_number() over (order by spellings.vendor) as integer) as vendor_key,
    spellings.vendor as spelling,
    spellings.vendor,
    coalesce(classes.vendor_class, 'other vendors') as vendor_class,
    cast(dense_rank() over (order by coalesce(classes.vendor_class, 'other vendors')) as integer) as vendor_class_key
from spellings
left join {{ ref('vendor_classes') }} as classes on classes.vendor = spellings.vendor
where spellings.vendor is not null
