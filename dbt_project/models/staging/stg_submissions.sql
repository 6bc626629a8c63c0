select
    submission_seq,
    submission_id,
    participant_id,
    feed,
    received_on,
    verdict,
    grade,
    rows_read,
    rows_accepted
from {{ source('raw', 'submissions') }}
where received_on <= (select as_of from {{ ref('stg_night') }})
