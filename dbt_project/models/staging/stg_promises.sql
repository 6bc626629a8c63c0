select
    participant_id,
    submission_seq,
    submission_row,
    received_on,
    project_ref,
    kpi_code,
    due_on,
    promised_by,
    promised_on,
    value as promised_value,
    latest_value,
    cast(rebaselines as integer) as rebaselines
from ({{ first_version(source('raw', 'promises'), ['project_ref', 'kpi_code', 'due_on', 'promised_by'], 'value') }}) as first_versions
