-- A unit is one participant under one set of attributes: what rows are summed by before groups are merged.
with attributes as (
    select
        participants.*,
        sectors.sector,
        sectors.sector_key
    from {{ ref('stg_participants') }} as participants
    left join (
        select
            industry,
            sector,
            cast(dense_rank() over (order by sector) as integer) as sector_key
        from {{ ref('sectors') }}
    ) as sectors on sectors.industry = participants.industry
),

units as (
    select
        cast(participant_no * 1000 + row_number() over (partition by participant_id order by valid_from, valid_to) as integer) as unit_key,
        participant_no as participant_key,
        group_no as group_key,
        participant_id,
        holding_group_id,
        industry,
        sector,
        sector_key,
        country,
        size_band,
        joined_on,
        role,
        role = 'buyer' and is_verified as is_counted,
        valid_from,
        valid_to
    from attributes
),

lone_groups as (  -- groups of one participant
    select group_key
    from units
    group by group_key
    having min(participant_key) = max(participant_key)
),

lone_participants as (  -- participants that always counted, always in the same group
    select participant_key
    from units
    group by participant_key
    having min(group_key) = max(group_key) and min(case when is_counted then 1 else 0 end) = 1
)

select
    units.*,
    count(*) over (partition by units.group_key) = 1 as is_whole_group,
    count(*) over (partition by units.participant_key) = 1 as is_whole_participant,
    lone_groups.group_key is not null and lone_participants.participant_key is not null as is_alone
from units
left join lone_groups on lone_groups.group_key = units.group_key
left join lone_participants on lone_participants.participant_key = units.participant_key
