with received as (
    select * from {{ source('raw', 'participants') }}
    where received_on <= (select as_of from {{ ref('stg_night') }})
),

newest as (
    select
        participant_id,
        holding_group_id,
        role,
        industry_code as industry,
        country,
        size_band,
        joined_on,
        verified as is_verified,
        legal_entity_id,
        consent_version,
        submission_row,
        coalesce(valid_from, cast('1900-01-01' as date)) as valid_from,
        coalesce(valid_to, cast('2999-12-31' as date)) as valid_to
    from received
    where submission_seq = (select max(files.submission_seq) from received as files)
),

followed as (
    select
        newest.*,
        lead(valid_from) over (partition by participant_id order by valid_from, submission_row) as next_valid_from
    from newest
)

select
    participant_id,
    holding_group_id,
    role,
    industry,
    country,
    size_band,
    joined_on,
    is_verified,
    legal_entity_id,
    consent_version,
    valid_from,
    case  -- a row holds until the next one begins, so that never two hold on one day and nothing counts twice
        when next_valid_from <= valid_to then cast({{ dbt.dateadd('day', -1, 'next_valid_from') }} as date)
        else valid_to
    end as valid_to
from followed
