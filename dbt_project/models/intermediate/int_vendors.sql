-- Vendor identity: spellings that were merged count as one vendor; what is new or waits for review stays its own.
-- The id decides who is one vendor, never the name.
with spellings as (
    select vendor from {{ ref('stg_kpi_values') }}
    union
    select vendor from {{ ref('stg_engagements') }}
),

identified as (
    select
        spellings.vendor as spelling,
        coalesce(identities.vendor_id, spellings.vendor) as vendor_id,
        coalesce(identities.vendor, spellings.vendor) as vendor
    from spellings
    left join {{ ref('stg_vendor_identities') }} as identities on identities.spelling = spellings.vendor
    where spellings.vendor is not null
)

select
    cast(dense_rank() over (order by identified.vendor, identified.vendor_id) as integer) as vendor_key,
    cast(row_number() over (order by identified.spelling) as integer) as spelling_key,
    identified.spelling,
    identified.vendor_id,
    identified.vendor,
    coalesce(classes.vendor_class, 'other vendors') as vendor_class,
    cast(dense_rank() over (order by coalesce(classes.vendor_class, 'other vendors')) as integer) as vendor_class_key
from identified
left join {{ ref('vendor_classes') }} as classes on classes.vendor = identified.vendor
