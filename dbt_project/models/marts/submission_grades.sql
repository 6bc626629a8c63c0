select
    submission_id,
    participant_id,
    feed,
    received_on,
    grade_at_intake,
    unanswered_questions,
    grade
from {{ ref('int_submissions__graded') }}
where grade is not null
