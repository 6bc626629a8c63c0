select
    participant_id,
    submission_seq,
    submission_row,
    received_on,
    kpi_code,
    period_start,
    period_end,
    value_chain_stage,
    project_ref,
    vendor,
    numerator,
    denominator,
    target,
    currency,
    base,
    months_since_go_live,
    evidence_grade
from (
    {{ newest_version(
        source('raw', 'kpi_values'),
        keys=['kpi_code', 'period_start', 'period_end', 'value_chain_stage', 'project_ref', 'vendor'],
        narrowed_by=['period_start', 'period_end']
    ) }}
) as newest
where numerator is not null  -- an empty numerator withdraws the row of its key
