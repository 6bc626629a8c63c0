select
    participant_id,
    submission_seq,
    question_id,
    reason
from ({{ newest_version(source('raw', 'confirmations'), ['question_id']) }}) as newest
