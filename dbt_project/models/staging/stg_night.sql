select
    as_of,
    data_until,
    answers_until,
    question_key,
    intake_version
from {{ source('raw', 'night') }}
