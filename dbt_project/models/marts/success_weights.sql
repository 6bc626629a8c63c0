select
    participant_id,
    kpi_code,
    value_chain_stage,
    cast(weight as double) as weight,
    valid_from
from {{ ref('stg_success_definition') }}
