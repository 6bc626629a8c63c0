-- Vendor identity: spellings that were merged count as one vendor; what is new or waits for review stays its own.
with spellings as (
    select vendor from {{ ref('stg_kpi_values') }}
    union
    select vendor from {{ ref('stg_engagements') }}
),

identified as (
    select
        spellings.vendor as spelling,
        case when identities.decision = 'merged' then identities.vendor else spellings.vendor end as vendor
    from spellings
    left join {{ ref('stg_vendor_identities') }} as identities on identities.spelling = spellings.vendor
    where spellings.vendor is not null
)

select
    cast(dense_rank() over (order by identified.vendor) as integer) as vendor_key,
    cast(row_number() over (order by identified.spelling) as integer) as spelling_key,
    identified.spelling,
    identified.vendor,
    coalesce(classes.vendor_class, 'other vendors') as vendor_class,
    cast(dense_rank() over (order by coalesce(classes.vendor_class, 'other vendors')) as integer) as vendor_class_key
from identified
left join {{ ref('vendor_classes') }} as classes on classes.vendor = identified.vendor
