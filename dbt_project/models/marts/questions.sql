{{ config(materialized='view') }}
select
    participant_id,
    feed,
    kind,
    submission_id,
    row_count as rows,
    question_id,
    status,
    asked_on,
    submission_row,
    kpi_code,
    kpi_version,
    period_start,
    period_end,
    value_chain_stage,
    project_ref,
    vendor,
    value,
    previous_value,
    expected_low,
    expected_high
from {{ ref('int_questions') }}
