select
    participant_id,
    submission_seq,
    submission_row,
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
    evidence_grade,
    received_on as received_at,
    received_on as valid_from,
    numerator is null as is_withdrawal,
    lead(received_on) over (
        partition by participant_id, kpi_code, period_start, period_end, value_chain_stage, project_ref, vendor
        order by submission_seq
    ) as valid_to
from {{ source('raw', 'kpi_values') }}
where received_on <= (select as_of from {{ ref('stg_night') }})
