select
    participant_id,
    holding_group_id,
    role,
    industry,
    sector,
    country,
    size_band,
    joined_on,
    is_counted,
    valid_from,
    valid_to
from {{ ref('int_units') }}
