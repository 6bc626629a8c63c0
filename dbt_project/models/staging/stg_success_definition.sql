select
    participant_id,
    submission_seq,
    kpi_code,
    value_chain_stage,
    weight,
    objective,
    coalesce(valid_from, cast('1900-01-01' as date)) as valid_from
from ({{ newest_version(source('raw', 'success_definition'), ['kpi_code', 'value_chain_stage', 'valid_from']) }}) as newest
