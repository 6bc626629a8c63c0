with received as (
    select * from {{ source('raw', 'participants') }}
    where received_on <= (select as_of from {{ ref('stg_night') }})
)

select
    participant_id,
    holding_group_id,
    role,
    industry_code as industry,
    country,
    size_band,
    joined_on,
    verified as is_verified,
    coalesce(valid_from, cast('1900-01-01' as date)) as valid_from,
    coalesce(valid_to, cast('2999-12-31' as date)) as valid_to
from received
where submission_seq = (select max(submission_seq) from received)
