-- The grade of each submission as the night sees it: its grade at intake, one step lower while a question about it is
-- unanswered, but never below C because of questions (METHOD 11).
with unanswered as (
    select
        submission_seq,
        count(*) as questions
    from {{ ref('int_questions') }}
    where status = 'unanswered'
    group by submission_seq
)

select
    submissions.submission_seq,
    submissions.submission_id,
    submissions.participant_id,
    submissions.feed,
    submissions.received_on,
    submissions.grade as grade_at_intake,
    cast(coalesce(unanswered.questions, 0) as bigint) as unanswered_questions,
    case
        when unanswered.questions is null then submissions.grade
        when submissions.grade = 'A' then 'B'
        when submissions.grade = 'B' then 'C'
        else submissions.grade
    end as grade
from {{ ref('stg_submissions') }} as submissions
left join unanswered on unanswered.submission_seq = submissions.submission_seq
