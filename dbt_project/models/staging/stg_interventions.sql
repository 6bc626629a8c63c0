select
    participant_id,
    submission_seq,
    intervention_ref,
    project_ref,
    kind,
    started_on,
    kpi_code,
    value_chain_stage,
    cost,
    currency,
    treated_units,
    total_units
from ({{ newest_version(source('raw', 'interventions'), ['intervention_ref', 'kpi_code', 'value_chain_stage']) }}) as newest
