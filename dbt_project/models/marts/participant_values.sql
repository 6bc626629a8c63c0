{{ config(materialized='view') }}  -- keys decoded to words where somebody reads them; the rows lie in the intermediate layer
with apart as (
    select
        own.*,
        participants.participant_id
    from {{ ref('int_participant_values') }} as own
    inner join (select distinct participant_key, participant_id from {{ ref('int_units') }}) as participants
        on participants.participant_key = own.voter_key
),

alone as (
    select
        company.*,
        participants.participant_id
    from {{ ref('int_company_values') }} as company
    inner join (select distinct group_key, participant_id from {{ ref('int_units') }} where is_alone) as participants
        on participants.group_key = company.voter_key
),

own_values as (
    select * from apart
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
    own_values.grade,
    cast(own_values.volume as double) as volume
from own_values
inner join {{ ref('int_peer_groups') }} as peers
    on peers.unit_part_key = own_values.unit_part_key and peers.slice_part_key = own_values.slice_part_key
inner join {{ ref('int_kpis') }} as kpis on kpis.kpi_key = own_values.kpi_key
inner join {{ ref('int_periods') }} as periods on periods.period_key = own_values.period_key
