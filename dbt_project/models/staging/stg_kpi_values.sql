select
    sent.participant_id,
    sent.submission_seq,
    sent.submission_row,
    sent.received_on,
    sent.kpi_code,
    sent.period_start,
    sent.period_end,
    sent.value_chain_stage,
    sent.project_ref,
    sent.vendor,
    sent.numerator,
    sent.denominator,
    sent.target,
    sent.currency,
    sent.base,
    sent.months_since_go_live,
    sent.evidence_grade
from {{ source('raw', 'kpi_values') }} as sent
left join (
    select
        submission_seq,
        submission_row
    from {{ ref('stg_kpi_values__replaced') }}
    where replaced_on <= (select as_of from {{ ref('stg_night') }})
) as replaced
    on replaced.submission_seq = sent.submission_seq and replaced.submission_row = sent.submission_row
where
    sent.received_on <= (select as_of from {{ ref('stg_night') }})
    and replaced.submission_seq is null
    and sent.numerator is not null  -- an empty numerator withdraws the row of its key
