select
    spelling,
    vendor_id,
    vendor,
    decision
from {{ source('raw', 'vendor_identities') }}
