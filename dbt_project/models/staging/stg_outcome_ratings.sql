select
    participant_id,
    submission_seq,
    job,
    step,
    outcome_code,
    respondent_group,
    period_start,
    period_end,
    value_chain_stage,
    vendor,
    importance,
    satisfaction,
    respondents
from (
    {{ newest_version(
        source('raw', 'outcome_ratings'),
        ['job', 'step', 'outcome_code', 'respondent_group', 'period_start', 'period_end', 'value_chain_stage', 'vendor']
    ) }}
) as newest
