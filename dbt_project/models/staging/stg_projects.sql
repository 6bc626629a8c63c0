select
    participant_id,
    submission_seq,
    project_ref,
    programme_ref,
    project_kind,
    value_chain_stage,
    started_on,
    planned_go_live_on,
    go_live_on,
    status,
    planned_cost,
    actual_cost,
    currency,
    baselined_scope,
    delivered_scope,
    objective
from ({{ newest_version(source('raw', 'projects'), ['project_ref']) }}) as newest
