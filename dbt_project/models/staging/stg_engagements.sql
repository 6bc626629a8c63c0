select
    participant_id,
    submission_seq,
    first_seq,
    project_ref,
    vendor,
    vendor_role,
    annual_spend,
    currency
from ({{ newest_version(source('raw', 'engagements'), ['project_ref', 'vendor', 'vendor_role']) }}) as newest
