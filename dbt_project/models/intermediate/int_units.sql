-- A unit is one participant under one set of attributes: what rows are summed by before groups are merged.
with attributes as (
    select
        participants.*,
        sectors.sector
    from {{ ref('stg_participants') }} as participants
    left join {{ ref('sectors') }} as sectors on sectors.industry = participants.industry
)

select
    cast(row_number() over (order by participant_id, valid_from) as integer) as unit_key,
    cast(dense_rank() over (order by participant_id) as integer) as participant_key,
    cast(dense_rank() over (order by holding_group_id) as integer) as group_key,
    participant_id,
    holding_group_id,
    industry,
    sector,
    country,
    size_band,
    joined_on,
    role,
    role = 'buyer' and is_verified as is_counted,
    valid_from,
    valid_to
from attributes
