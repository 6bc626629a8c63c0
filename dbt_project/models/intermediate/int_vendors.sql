-- Vendor identity: spellings that were merged count as one vendor; what is new or waits for review stays its own.
-- The id decides who is one vendor, never the name. Keys follow the order of first receipt, so
-- that neither a new spelling nor a file sent again moves another's.
with sent as (
    select name as spelling, submission_seq from {{ ref('int_sent__names') }} where kind = 'vendor'
    union all
    select vendor, first_seq as submission_seq from {{ ref('stg_engagements') }} where vendor is not null
),

spellings as (
    select
        spelling,
        cast(row_number() over (order by min(submission_seq), spelling) as integer) as spelling_key
    from sent
    group by spelling
),

classes as (
    select
        vendor_class,
        cast(row_number() over (order by vendor_class) as integer) as vendor_class_key
    from (
        select vendor_class from {{ ref('vendor_classes') }}
        union
        select 'other vendors'
    ) as declared
),

identified as (
    select
        spellings.spelling,
        spellings.spelling_key,
        coalesce(identities.vendor_id, spellings.spelling) as vendor_id,
        coalesce(identities.vendor, spellings.spelling) as vendor
    from spellings
    left join {{ ref('stg_vendor_identities') }} as identities on identities.spelling = spellings.spelling
)

select
    min(identified.spelling_key) over (partition by identified.vendor_id) as vendor_key,
    identified.spelling_key,
    identified.spelling,
    identified.vendor_id,
    identified.vendor,
    classes.vendor_class,
    classes.vendor_class_key
from identified
left join {{ ref('vendor_classes') }} as of_vendor on of_vendor.vendor = identified.vendor
inner join classes on classes.vendor_class = coalesce(of_vendor.vendor_class, 'other vendors')
