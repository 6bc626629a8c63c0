select
    as_of,
    data_until,
    answers_until,
    question_key
from {{ source('raw', 'night') }}
