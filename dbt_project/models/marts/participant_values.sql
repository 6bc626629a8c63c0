{{ config(materialized='view') }}  -- keys decoded to words where somebody reads them; the rows lie in the intermediate layer
with apart as (  -- columns by name: where parts are partitions, an engine may keep their key last
    select
        own.period_key,
        own.kpi_key,
        own.unit_part_key,
        own.slice_part_key,
        own.voter_key,
        own.value,
        own.volume,
        own.row_count,
        own.attributed_rows,
        own.grade_key,
        participants.participant_id
    from {{ ref('int_participant_values') }} as own
    inner join (select distinct participant_key, participant_id from {{ ref('int_units') }}) as participants
        on participants.participant_key = own.voter_key
),

whole as (  -- participants of one unit
    select
        own.period_key,
        own.kpi_key,
        unit_parts.unit_part_key,
        own.slice_part_key,
        units.participant_key as voter_key,
        own.value,
        own.denominator as volume,
        own.row_count,
        own.attributed_rows,
        own.grade_key,
        units.participant_id
    from {{ ref('int_unit_values') }} as own
    inner join {{ ref('int_units') }} as units on units.unit_key = own.unit_key and units.is_whole_participant
    {{ unit_parts_of('own') }}
    where own.value is not null
),

alone as (  -- groups of one participant that changed
    select
        company.period_key,
        company.kpi_key,
        company.unit_part_key,
        company.slice_part_key,
        company.voter_key,
        company.value,
        company.volume,
        company.row_count,
        company.attributed_rows,
        company.grade_key,
        participants.participant_id
    from {{ ref('int_joint_values') }} as company
    inner join (
        select distinct group_key, participant_id from {{ ref('int_units') }} where is_alone and not is_whole_participant
    ) as participants on participants.group_key = company.voter_key
),

own_values as (
    select * from apart
    union all
    select * from whole
    union all
    select * from alone
)

select
    own_values.participant_id,
    peers.cut,
    peers.industry,
    peers.sector,
    peers.country,
    peers.size_band,
    peers.value_chain_stage,
    peers.project_kind,
    peers.vendor,
    peers.vendor_class,
    kpis.kpi_code,
    kpis.kpi_version,
    periods.period,
    own_values.value,
    cast(own_values.row_count as bigint) as rows,
    {{ grade_of('own_values.grade_key') }} as grade,
    cast(own_values.volume as double) as volume
from own_values
inner join {{ ref('int_peer_groups') }} as peers
    on peers.unit_part_key = own_values.unit_part_key and peers.slice_part_key = own_values.slice_part_key
inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = own_values.kpi_key
inner join {{ ref('int_periods') }} as periods on periods.period_key = own_values.period_key
